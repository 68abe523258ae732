"""「この生徒が自分で決めた」: staff confirm the first PINs of a class.

Every POST redirects, so that a reload confirms nothing twice.
"""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import classes_where, may, students_where
from apps.signin.models import PinEvent, PinEventKind
from apps.signin.services import first_pins

VERB = "pins.confirm"
NOBODY_CHOSEN = "だれも選ばれていません。"
NUMBER_CHANGED = "画面を開いたあとに人数が変わりました。いまの一覧を見て、もう一度選んでください。"
DONE = "{n}人の暗証番号を、本人が決めたと確かめました。"
REFUSED = "{name}: 確かめていません。{why}"


@admin.register(PinEvent)
class PinEventAdmin(ReadOnlyAdmin):
    """The confirmed first PINs, and the pages for those that wait."""

    view_verb = VERB
    list_display = ["at", "student", "confirmed_by", "confirmed_role"]
    list_select_related = ["student", "confirmed_by"]
    ordering = ["-pk"]  # the ids are in the order of time
    fields = readonly_fields = ["student", "at", "confirmed_by", "confirmed_role"]
    change_list_template = "admin/signin/pin_event_list.html"

    def get_queryset(self, request):
        confirmed = super().get_queryset(request).filter(kind=PinEventKind.CONFIRMED)
        return confirmed.filter(students_where(request.user, VERB, "student__"))

    @page("waiting/", "signin_first_pins", require_safe, never_cache)
    def classes(self, request):
        """The classes with unconfirmed first PINs and their counts."""
        self._check(request)
        classes = first_pins.classes_with_first_pins(request.user)
        return self._page(request, "first_pins_classes", "はじめの暗証番号", {"classes": classes})

    @page("waiting/<uuid:class_pk>/", "signin_first_pins_class", never_cache)
    def choose(self, request, class_pk):
        """The students of a class with unconfirmed first PINs; a POST continues with the ticked
        ones or all.
        """
        of_class, rows = self._rows(request, class_pk)
        if request.method != "POST":
            n_able, n_all = sum(not row.why_not for row in rows), len(_of_all(rows))
            context = {"of_class": of_class, "rows": rows, "n_able": n_able, "n_all": n_all}
            return self._page(request, "first_pins", f"{of_class} はじめの暗証番号", context)
        query = QueryDict(mutable=True)
        if request.POST.get("all"):
            query["all"] = request.POST["all"]
        query.setlist("person", request.POST.getlist("person"))
        if not query.get("all") and not query.get("person"):
            messages.warning(request, NOBODY_CHOSEN)
            return redirect("admin:signin_first_pins_class", of_class.pk)
        page = reverse("admin:signin_first_pins_confirm", args=[of_class.pk])
        return redirect(f"{page}?{query.urlencode()}")

    @page("waiting/<uuid:class_pk>/confirm/", "signin_first_pins_confirm", never_cache)
    def confirm(self, request, class_pk):
        """Show name and number of each chosen student; a POST confirms exactly what was shown."""
        of_class, rows = self._rows(request, class_pk)
        if request.method == "POST":
            result = first_pins.confirm_first_pins(request.POST.getlist("tick"), by=request.user)
            _tell(request, result)
            return redirect("admin:signin_first_pins")
        able = [row for row in rows if not row.why_not]
        selected_ids, wanted = set(request.GET.getlist("person")), request.GET.get("all")
        everybody = _of_all(rows) if wanted else []
        if wanted and wanted != str(len(everybody)):
            messages.warning(request, NUMBER_CHANGED)
            return redirect("admin:signin_first_pins_class", of_class.pk)
        chosen = [row for row in able if row in everybody or str(row.student.pk) in selected_ids]
        if not chosen:
            messages.warning(request, NOBODY_CHOSEN)
            return redirect("admin:signin_first_pins_class", of_class.pk)
        context = {
            "of_class": of_class, "rows": chosen, "n_ended": sum(row.n_ended for row in chosen)
        }  # fmt: skip
        title = f"{of_class} はじめの暗証番号を確かめる"
        return self._page(request, "first_pins_confirm", title, context)

    def _rows(self, request, class_pk):
        self._check(request)
        found = classes_where(request.user, VERB).select_related("school")
        of_class = get_object_or_404(found, pk=class_pk)
        return of_class, first_pins.first_pins_of(request.user, of_class)

    def _check(self, request):
        if not may(request.user, VERB):
            raise PermissionDenied("暗証番号を確かめる立場ではありません。")

    def _page(self, request, name, title, context):
        return self.render_page(request, f"admin/signin/{name}.html", title, context)


def _of_all(rows):
    """The students that 全員 means: without those who withdrew from something, who are ticked one by
    one.
    """
    return [row for row in rows if not row.why_not and not row.n_ended]


def _tell(request, result):
    if result.done:
        messages.success(request, DONE.format(n=len(result.done)))
    for student, why in result.refused:
        messages.error(request, REFUSED.format(name=student.full_name, why=why))
    if not result.done and not result.refused:
        messages.info(request, "もう確かめてあります。")
