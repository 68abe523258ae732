"""Pages of the queue on which picked cases are given to a colleague."""

from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse

from apps.cases.models import SupportCase
from apps.cases.services import assignments, case_queue
from apps.cases.services.assignments import CannotAssign
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may

MOST_CASES = 100
PICK = "case-"  # before the id in the name of a hidden field whose value is the version
NOBODY_PICKED = "担当を決めるケースを、一覧で選んでください。"


class AssignForm(forms.Form):
    """To whom the picked cases are given."""

    holder = forms.ChoiceField(
        label="だれに",
        widget=forms.RadioSelect,
        error_messages={
            "required": "担当になる人を選んでください。",
            "invalid_choice": "この人は、選んだケースのすべてを受け持つことができません。",
        },
    )

    def __init__(self, *args, posts, **kwargs):
        super().__init__(*args, **kwargs)
        self.users = {str(post.pk): post.user for post in posts}
        self.fields["holder"].choices = [
            (str(post.pk), f"{post.name}({post.get_role_display()})") for post in posts
        ]

    @property
    def chosen(self):
        """The chosen colleague."""
        return self.users[self.cleaned_data["holder"]]


class AssigningAdmin(ReadOnlyAdmin):
    """For the admin of cases: 「担当を決める」 for picked rows, and the page that confirms it."""

    actions = ["assign"]

    def has_decide_permission(self, request):
        return may(request.user, assignments.VERB)

    @admin.action(description="担当を決める", permissions=["decide"])
    def assign(self, request, queryset):
        """Go to the page that asks who takes what was picked; nothing is written yet."""
        picked = queryset.values_list("pk", flat=True)[:MOST_CASES]
        query = urlencode([("pick", pk) for pk in picked])
        return redirect(f"{reverse('admin:cases_assign')}?{query}")

    @page("assign/", "cases_assign")
    def assign_page(self, request):
        """Give the picked cases to the chosen colleague. A stale row is left as it is."""
        if not self.has_decide_permission(request):
            raise PermissionDenied("担当を決める立場ではありません。")
        if request.method != "POST":
            return self._assign_page(request, ids_among(request.GET.getlist("pick")), None)
        versions = _versions(request.POST)
        picked = self._picked(request, versions)
        form = AssignForm(request.POST, posts=assignments.colleagues_for(picked))
        if not form.is_valid():
            return self._assign_page(request, versions, form, 422)
        try:
            done = assignments.assign_cases(versions, holder=form.chosen, by=request.user)
        except CannotAssign as error:
            form.add_error("holder", str(error))
            return self._assign_page(request, versions, form, 422)
        if done.done:
            messages.success(request, f"{len(done.done)}件の担当を決めました。")
        if done.changed:
            messages.warning(request, _changed_in_words(done.changed))
        return redirect("admin:cases_supportcase_changelist")

    def _picked(self, request, ids):
        rows = SupportCase.objects.visible_to(request.user).open().filter(pk__in=list(ids))
        return list(case_queue.with_rows(rows).order_by(*case_queue.ORDER))

    def _assign_page(self, request, ids, form, status=200):
        cases = self._picked(request, ids)
        if not cases and request.method == "POST":
            messages.warning(request, NOBODY_PICKED)
            return redirect("admin:cases_supportcase_changelist")
        rows = zip(cases, case_queue.rows_of(cases), strict=True)
        context = {
            "form": form or AssignForm(posts=assignments.colleagues_for(cases)),
            "picked": [(f"{PICK}{one.pk}", assignments.version_of(one), row) for one, row in rows],
        }
        return self.render_page(request, "admin/cases/assign.html", "担当を決める", context, status)


def _versions(data):
    """{case id: version} of the posted picks; what is no id is left out."""
    named = {
        name.removeprefix(PICK): value for name, value in data.items() if name.startswith(PICK)
    }
    return {pk: named[str(pk)] for pk in ids_among(named)}


def ids_among(texts):
    """The ids among these texts."""
    found = []
    for text in texts:
        with suppress(ValueError):
            found.append(UUID(text))
    return [pk for pk in found if str(pk) in texts][:MOST_CASES]


def _changed_in_words(cases):
    return (
        f"{len(cases)}件は、この画面を開いたあとに、ほかの人が変えました。"
        "担当は変えていません。もう一度、一覧で選んでください。"
    )
