"""Staff pages for access entries hidden from the family: those awaiting review, and the decisions."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from apps.consent.words import GUARDIAN, purpose_name, role_name
from apps.disclosure.models import HiddenAccessEntry
from apps.disclosure.services import access_log
from apps.disclosure.words import staff_reason_words
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.models import Student
from apps.people.permissions import may


@admin.register(HiddenAccessEntry)
class HiddenAccessEntryAdmin(ReadOnlyAdmin):
    view_verb = "access_log.decide"
    list_display = ("decided_at", "event_id", "is_hidden", "decided_by", "note")
    list_select_related = ("decided_by",)
    ordering = ("-pk",)
    fields = list_display
    change_list_template = "admin/disclosure/hidden_entry_list.html"

    def get_queryset(self, request):
        return access_log.hidden_entries_visible_to(request.user)

    @page("waiting/", "disclosure_hiddenaccessentry_waiting")
    def waiting(self, request):
        """Each safety access that nobody else has reviewed; a POST reviews one."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("閲覧を見せるかどうかを決める立場ではありません。")
        if request.method == "POST":
            return self._decide(request)
        events = list(
            access_log.entries_awaiting_decision(request.user).select_related("actor")[:100]
        )
        students = Student.objects.in_bulk({event.subject_id for event in events})
        rows = [
            {
                "event": event,
                "student": students.get(event.subject_id),
                "role": role_name(event.actor_role, GUARDIAN),
                "purpose": purpose_name(event.purpose),
                "reason": staff_reason_words(event),
            }
            for event in events
        ]
        context = {**self.admin_site.each_context(request), "title": "二人目の確認", "rows": rows}
        return TemplateResponse(request, "admin/disclosure/entries_waiting.html", context)

    def _decide(self, request):
        number = request.POST.get("event", "")
        try:
            access_log.decide_hidden_entry(
                int(number) if number.isdecimal() and len(number) < 19 else 0,
                by=request.user,
                is_hidden=request.POST.get("word") == "hide",
                note=request.POST.get("note", ""),
            )
            messages.success(request, "決めたことを記録しました。")
        except access_log.CannotDecideEntry as error:
            messages.error(request, str(error))
        return redirect("admin:disclosure_hiddenaccessentry_waiting")
