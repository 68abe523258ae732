"""Admin pages of what guardians asked: opened with a reason, contact noted, made a case elsewhere."""

from django.contrib import admin, messages
from django.shortcuts import get_object_or_404, redirect
from django.utils.timesince import timesince
from django.views.decorators.http import require_POST

from apps.core import clock
from apps.core.reason_grants import grant_reason, granted_reason
from apps.helpline.models import FamilyRequest, FamilyState, FamilyTopic, ReachWay
from apps.helpline.models.family_requests import READ_VERB
from apps.helpline.services import family_requests
from apps.people.admin_bases.paged_lists import DefaultListFilter
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.vault.forms import OpeningReasonForm
from apps.vault.words import why_unreadable

TITLE = "保護者からの相談"


class WaitingFilter(DefaultListFilter):
    """What waits for somebody, unless more is asked for; withdrawn ones are read by nobody."""

    title, parameter_name = "状態", "state"

    def lookups(self, request, model_admin):
        return [("waiting", "連絡を待っている"), ("contacted", "連絡した"), ("all", "すべて")]

    def queryset(self, request, queryset):
        if self.chosen == "all":
            return queryset
        waiting, contacted = [FamilyState.SENT, FamilyState.SEEN], [FamilyState.CONTACTED]
        return queryset.filter(state__in=waiting if self.chosen == "waiting" else contacted)


@admin.register(FamilyRequest)
class FamilyRequestAdmin(ReadOnlyAdmin):
    """What was sent to this person's role; name and content only with a reason."""

    view_verb = READ_VERB
    row_page = "helpline_family_open"
    list_display = ["state", "waited", "school_class", "recipient", "sent_at"]
    list_filter = [WaitingFilter]
    list_select_related = ["student__home_class"]
    ordering = ["-sent_at", "-pk"]

    def has_view_permission(self, request, obj=None):
        if obj is not None:
            return FamilyRequest.objects.visible_to(request.user).filter(pk=obj.pk).exists()
        return super().has_view_permission(request)

    def get_queryset(self, request):
        return FamilyRequest.objects.visible_to(request.user)

    @page("<uuid:pk>/open/", "helpline_family_open")
    def open_page(self, request, pk):
        """Ask for the reason; afterwards the guardian sees that this role has read it."""
        row = self._row(request, pk)
        form = OpeningReasonForm(request.POST or None)
        if form.is_valid():
            grant_reason(request, _place(row), form.cleaned_data["reason"])
            return redirect("admin:helpline_family_open", row.pk)
        reason = granted_reason(request, _place(row))
        if reason is None or form.is_bound:
            return self._shown(request, {"row": row, "form": form}, 422 if form.is_bound else 200)
        row, content = family_requests.open_family_request(row, actor=request.user, reason=reason)
        context = {"row": row, "is_open": True, "unreadable": why_unreadable(content)}
        if content:
            context |= {
                "content": content,
                "who": family_requests.guardian_name(row),
                "way": ReachWay(content["way"]).label,
                "topic": FamilyTopic(content["topic"]).label if content["topic"] else "",
            }
        return self._shown(request, context)

    @page("<uuid:pk>/contacted/", "helpline_family_contacted", require_POST)
    def contacted_page(self, request, pk):
        """Note that somebody spoke with the guardian."""
        row = self._row(request, pk)
        try:
            family_requests.note_contact(row, actor=request.user)
            messages.success(request, "連絡したと残しました。保護者の画面に出ます。")
        except family_requests.CannotAnswer as error:
            messages.error(request, str(error))
        return redirect("admin:helpline_family_open", row.pk)

    def _shown(self, request, context, status=200):
        return self.render_page(request, "admin/helpline/family_open.html", TITLE, context, status)

    def _row(self, request, pk):
        rows = self.get_queryset(request).select_related("student__home_class")
        return get_object_or_404(rows, pk=pk)

    @admin.display(description="待っている時間", ordering="sent_at")
    def waited(self, row):
        return timesince(row.sent_at, row.seen_at or clock.now())

    @admin.display(description="学級")
    def school_class(self, row):
        return row.student.home_class


def _place(row):
    return f"family request {row.pk}"
