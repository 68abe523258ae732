"""Staff pages for people kept out from a child before they have registered."""

import uuid

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path

from apps.people.admin.typed_people import PARTS, TypedPersonFields
from apps.people.admin_bases.proposals import ProposalReasonForm
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import KeptOutPerson, StandingReason, Student
from apps.people.permissions import may, students_where
from apps.people.services import act_queries, kept_out_people, pending_acts

REASONS = [StandingReason.SUPPORT, StandingReason.COURT, StandingReason.CHILD_GUIDANCE,
           StandingReason.CUSTODY, StandingReason.DANGER]  # fmt: skip


class KeptOutPersonForm(TypedPersonFields, ProposalReasonForm):
    """Who it is, and the document behind it. What is typed of the person is kept as digests only."""

    why = forms.ChoiceField(
        label="わけ",
        choices=[("", "選んでください"), *((reason.value, reason.label) for reason in REASONS)],
        error_messages={"required": "わけを選んでください。"},
    )
    document_number = forms.CharField(
        label="書類の番号",
        max_length=kept_out_people.MAX_NUMBER_CHARACTERS,
        help_text="決定書・通知・起案などの番号。まだないときは、受付の番号を書いてください。",
        error_messages={"required": "書類の番号を書いてください。"},
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)
    field_order = (*PARTS, "why", "document_number", "reason")


@admin.register(KeptOutPerson)
class KeptOutPersonAdmin(ReadOnlyAdmin):
    """For the school's lead and the city; the privacy officer reads and confirms."""

    view_verb = "guardians.standing"
    list_display = ("student", "reason", "set_role", "set_at", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("student",)
    list_per_page = 50
    ordering = ("-set_at", "pk")
    fields = readonly_fields = (
        "student", "reason", "document_number", "set_role", "set_at", "ended_at",
    )  # fmt: skip
    change_form_template = "admin/people/kept_out_person.html"

    def get_queryset(self, request):
        visible = kept_out_people.kept_out_people_for(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=visible)

    def get_urls(self):
        begin = self.admin_site.admin_view(self.keep_out)
        end = self.admin_site.admin_view(self.let_in)
        own = [
            path("of/<uuid:pk>/", begin, name="people_keptoutperson_begin"),
            path("<uuid:pk>/end/", end, name="people_keptoutperson_end"),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        more = {}
        if row is not None:
            kinds = (kept_out_people.KEEP_OUT, kept_out_people.LET_IN)
            more = {
                "act_open": act_queries.open_act_about(row, *kinds),
                "may_end": row.ended_at is None
                and may(request.user, kept_out_people.VERB, row.student),
            }
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    def keep_out(self, request, pk):
        """Who is kept out from this child, why, and what they will notice; done with the form."""
        if not may(request.user, kept_out_people.VERB):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        reached = Student.objects.filter(students_where(request.user, kept_out_people.VERB))
        student = get_object_or_404(reached, pk=pk)
        sent = request.POST if request.method == "POST" else None
        form = KeptOutPersonForm(sent, initial={"form_key": uuid.uuid4()})
        if request.method == "POST" and form.is_valid():
            try:
                act = kept_out_people.keep_out_person(
                    student, form.person, by=request.user, why=form.cleaned_data["why"],
                    reason=form.cleaned_data["reason"],
                    document_number=form.cleaned_data["document_number"],
                    form_key=form.cleaned_data["form_key"],
                )  # fmt: skip
                messages.success(request, "制限しました。確かめる人が、あとで確かめます。")
                return redirect("admin:people_pendingact_change", act.pk)
            except pending_acts.CannotAct as error:
                form.add_error(None, str(error))
        shown = {"student": student, "title": "登録の前から、この子どもについて制限する"}
        return self._page(request, form, shown, kept_out_people.KEEP_OUT)

    def let_in(self, request, pk):
        """Why it may end; a second person agrees first."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request.user, kept_out_people.VERB, row.student):
            raise PermissionDenied("この変更をはじめる立場ではありません。")
        form = ProposalReasonForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                reason = form.cleaned_data["reason"]
                act = kept_out_people.propose_let_person_in(row, by=request.user, reason=reason)
                messages.success(
                    request, "変更をはじめました。もう一人が確かめるまで、制限したままです。"
                )
                return redirect("admin:people_pendingact_change", act.pk)
            except pending_acts.CannotAct as error:
                form.add_error(None, str(error))
        shown = {"student": row.student, "row": row, "title": "登録の前からの制限をとく"}
        return self._page(request, form, shown, kept_out_people.LET_IN)

    def _page(self, request, form, shown, kind):
        context = {
            **self.admin_site.each_context(request), "form": form, **shown,
            "confirmers": act_queries.confirming_roles_in_words(kind),
        }  # fmt: skip
        page = "admin/people/kept_out_person_form.html"
        return TemplateResponse(request, page, context, status=422 if form.errors else 200)
