"""Staff pages for the children of staff: entered by the lead or the city."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from apps.people.admin_bases.edit_conflicts import listed_staff_name
from apps.people.admin_bases.proposals import ProposalReasonForm
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import FamilyTie, StaffConflict, StaffPost, Student
from apps.people.permissions import may, students_where
from apps.people.services import act_queries, pending_acts, staff_conflicts


class StaffConflictForm(ProposalReasonForm):
    """Whose child it is, and how they are related."""

    post = forms.ModelChoiceField(
        label="職員", queryset=StaffPost.objects.none(), empty_label="選んでください",
        error_messages=dict.fromkeys(("required", "invalid_choice"), "職員を選んでください。"),
    )  # fmt: skip
    tie = forms.ChoiceField(
        label="間柄", choices=[("", "選んでください"), *FamilyTie.choices],
        error_messages={"required": "間柄を選んでください。"},
    )  # fmt: skip
    field_order = ("post", "tie", "reason")

    def __init__(self, *args, student, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["post"].queryset = staff_conflicts.posts_to_choose(student)
        self.fields["post"].label_from_instance = lambda post: f"{post.name}({post})"


@admin.register(StaffConflict)
class StaffConflictAdmin(ReadOnlyAdmin):
    """For the school's lead and the city; the privacy officer reads and confirms."""

    view_verb = "guardians.standing"
    list_display = ("student", "staff_name", "tie", "set_role", "set_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("student", "person")
    list_per_page = 50
    ordering = ("-set_at", "pk")
    fields = readonly_fields = ("student", "staff_name", "tie", "set_role", "set_at", "ended_at")
    change_form_template = "admin/people/staff_conflict.html"

    @admin.display(description="職員")
    def staff_name(self, row):
        return listed_staff_name(row.person)

    def get_queryset(self, request):
        visible = staff_conflicts.conflicts_for(request.user).values("pk")
        found = super().get_queryset(request).filter(pk__in=visible)
        return found.prefetch_related("person__staff_posts")

    def get_urls(self):
        begin = self.admin_site.admin_view(self.begin)
        end = self.admin_site.admin_view(self.end)
        own = [
            path("of/<uuid:pk>/", begin, name="people_staffconflict_begin"),
            path("<uuid:pk>/end/", end, name="people_staffconflict_end"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        more = {}
        if row is not None:
            kinds = (staff_conflicts.SET, staff_conflicts.END)
            may_end = row.ended_at is None and may(request.user, staff_conflicts.VERB, row.student)
            more = {"act_open": act_queries.open_act_about(row, *kinds), "may_end": may_end}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def begin(self, request, pk):
        """Whose child this student is; it works at once."""
        if not may(request.user, staff_conflicts.VERB):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        reached = Student.objects.filter(students_where(request.user, staff_conflicts.VERB))
        student = get_object_or_404(reached, pk=pk)
        sent = request.POST if request.method == "POST" else None
        form = StaffConflictForm(sent, student=student)

        def act():
            chosen = form.cleaned_data
            return staff_conflicts.set_conflict(
                student, chosen["post"], chosen["tie"], by=request.user, reason=chosen["reason"]
            )

        shown = {"student": student, "title": "この生徒は、職員の家族です"}
        said = "入れました。確かめる人が、あとで確かめます。"
        return self._answer(request, form, act, shown, staff_conflicts.SET, said)

    def end(self, request, pk):
        """Why it may end; a second person agrees first."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request.user, staff_conflicts.VERB, row.student):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        form = ProposalReasonForm(request.POST if request.method == "POST" else None)

        def act():
            reason = form.cleaned_data["reason"]
            return staff_conflicts.propose_conflict_end(row, by=request.user, reason=reason)

        shown = {
            "student": row.student,
            "row": row,
            "title": "職員の家族であることを、終わりにする",
        }
        said = "変更をはじめました。もう一人が確かめるまで、いまのままです。"
        return self._answer(request, form, act, shown, staff_conflicts.END, said)

    def _answer(self, request, form, act, shown, kind, said):
        if request.method == "POST" and form.is_valid():
            try:
                found = act()
                messages.success(request, said)
                return redirect("admin:people_pendingact_change", found.pk)
            except pending_acts.CannotAct as error:
                form.add_error(None, str(error))
        context = {
            **self.admin_site.each_context(request), "form": form, **shown,
            "confirmers": act_queries.confirming_roles_in_words(kind),
        }  # fmt: skip
        page = "admin/people/staff_conflict_form.html"
        return TemplateResponse(request, page, context, status=422 if form.errors else 200)
