"""The staff's door to corrections: nothing is read before opening, and opening stays on record."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html

from apps.consent import services
from apps.consent.models import CorrectionRequest
from apps.consent.words import PURPOSES
from apps.core.grants import grant, granted
from apps.people.doors import RecordDoor
from apps.people.edit_check import name_of
from apps.people.permissions import may


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(RecordDoor):
    view_verb = "corrections.answer"
    list_display = ("asked_at", "student", "party", "named", "state", "door")
    list_filter = ("state",)
    list_select_related = ("student",)
    fields = ("student", "party", "named", "state", "asked_at", "seen_at", "answered_at")
    readonly_fields = fields

    def get_queryset(self, request):
        known = services.corrections_known_to(request.user).values("pk")
        return super().get_queryset(request).filter(pk__in=known)

    @admin.display(description="何について")
    def named(self, row):
        return PURPOSES.get(row.about, ("名前・学級などの登録",))[0]

    @admin.display(description="開く")
    def door(self, row):
        url = reverse("admin:consent_correctionrequest_open", args=[row.pk])
        return format_html('<a href="{}">{}</a>', url, "開いて答える")

    def get_urls(self):
        own = [
            path(
                "<uuid:pk>/open/", self.admin_site.admin_view(self.open_page),
                name="consent_correctionrequest_open",
            )
        ]  # fmt: skip
        return own + super().get_urls()

    def open_page(self, request, pk):
        """GET asks before opening; POST opens, or answers."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("まちがいの連絡を受ける立場ではありません。")
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        context = {**self.admin_site.each_context(request), "title": "まちがいの連絡", "row": row}
        context["about"] = self.named(row)
        if request.method == "POST" and "answer" not in request.POST:
            grant(request, _place(row), "opened")
            return redirect("admin:consent_correctionrequest_open", row.pk)
        if request.method == "POST":
            try:
                services.answer_correction(row, actor=request.user, words=request.POST["answer"])
                messages.success(request, "答えました。相手の画面に出ます。")
                return redirect("admin:consent_correctionrequest_changelist")
            except services.CannotCorrect as error:
                context["error"] = str(error)
        if "error" in context or granted(request, _place(row)):
            context["words"] = services.open_correction(row, actor=request.user)
            context["draft"] = request.POST.get("answer", "")
            answer, context["answer"] = services.given_answer(row, actor=request.user)
            context["answered_by"] = name_of(answer.answered_by) if answer else ""
            row.refresh_from_db()
        status = 422 if "error" in context else 200
        return TemplateResponse(request, "admin/consent/correction.html", context, status=status)


def _place(row):
    return f"correction {row.pk}"
