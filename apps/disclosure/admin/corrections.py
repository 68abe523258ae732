"""Staff pages for correction requests: reading one needs an explicit opening, which is recorded."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from apps.consent.models import Party
from apps.consent.words import PURPOSE_NAMES
from apps.core.reason_grants import grant_reason, granted_reason
from apps.disclosure.models import CorrectionRequest
from apps.disclosure.services import corrections
from apps.disclosure.words import subject_name
from apps.people.admin_bases.edit_conflicts import staff_name
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(ReadOnlyAdmin):
    view_verb = "corrections.answer"
    list_display = ("asked_at", "student", "party", "named", "state", "page_link")
    list_filter = ("state",)
    list_select_related = ("student",)
    ordering = ("-answered_at", "asked_at")  # what waits first, the longest waiting above
    fields = ("student", "party", "named", "state", "asked_at", "seen_at", "answered_at")
    readonly_fields = fields

    def get_queryset(self, request):
        return corrections.corrections_visible_to(request.user)

    @admin.display(description="何について")
    def named(self, row):
        return PURPOSE_NAMES.get(row.about, "名前・学級などの登録")

    @admin.display(description="開く")
    def page_link(self, row):
        url = reverse("admin:disclosure_correctionrequest_open", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, "開いて答える")

    @page("<uuid:pk>/open/", "disclosure_correctionrequest_open")
    def open_page(self, request, pk):
        """GET asks before opening; POST opens, or answers: a refused answer opens nothing."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("まちがいの連絡を受ける立場ではありません。")
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        context = {**self.admin_site.each_context(request), "title": "まちがいの連絡", "row": row}
        context["about"] = self.named(row)
        subjects = corrections.subjects_for(Party.GUARDIAN)
        context["guardian_subjects"] = "、".join(map(subject_name, subjects))
        if request.method == "POST" and "answer" not in request.POST:
            grant_reason(request, _place(row), "opened")
            return redirect("admin:disclosure_correctionrequest_open", row.pk)
        if request.method == "POST":
            try:
                corrections.answer_correction(row, actor=request.user, words=request.POST["answer"])
                messages.success(request, "答えました。相手の画面に出ます。")
                return redirect("admin:disclosure_correctionrequest_changelist")
            except corrections.CannotCorrect as error:
                context["error"] = str(error)
        context["draft"] = request.POST.get("answer", "")
        if granted_reason(request, _place(row)):
            context["words"] = corrections.open_correction(row, actor=request.user)
            answer, context["answer"] = corrections.correction_answer(row, actor=request.user)
            context["answered_by"] = staff_name(answer.answered_by) if answer else ""
            row.refresh_from_db()
        status = 422 if "error" in context else 200
        return TemplateResponse(request, "admin/disclosure/correction.html", context, status=status)


def _place(row):
    return f"correction {row.pk}"
