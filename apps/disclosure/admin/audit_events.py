"""Staff page for audit events, for the privacy officer.

The audit app imports no app above it, so its admin page stands here, beside the page on which the
family reads the same rows.
"""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.template.response import TemplateResponse

from apps.audit.models import FREQUENT_ACTIONS, Action, AuditEvent
from apps.consent.words import GUARDIAN, PURPOSE_NAMES, role_name
from apps.disclosure.services.given_records import CannotGiveRecord, give_record
from apps.disclosure.words import staff_reason_words
from apps.people.admin_bases.paged_lists import equal_to
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may, municipalities_where


class ActionFilter(admin.SimpleListFilter):
    """Filters by action, with the labels that people read."""

    title, parameter_name = "操作", "action"

    def lookups(self, request, model_admin):
        return Action.choices

    def queryset(self, request, queryset):
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit record, for the privacy officer; read-only."""

    view_verb = "audit.view"
    list_display = ("at", "action_words", "role_words", "actor", "purpose_words", "reason_words")
    list_display_links = ("at", "action_words")
    list_filter = (ActionFilter, "audience", "at")
    list_select_related = ("actor",)
    search_fields = ("subject_id__exact", "thing_id__exact")  # read by get_search_results
    search_help_text = (
        "生徒の番号、または対象の番号(全部)。内容を開いた記録は、生徒の番号でさがします。"
    )
    list_per_page = 50
    ordering = ("-id",)
    fields = (
        "at", "action_words", "role_words", "actor", "subject_id", "thing", "thing_id",
        "purpose_words", "reason_words", "n_people", "fields", "audience",
    )  # fmt: skip
    readonly_fields = fields
    change_list_template = "admin/disclosure/audit_event_list.html"

    @page("give/", "audit_auditevent_give")
    def give(self, request):
        """The complete record about a student, as a file to hand to them; a POST gives it."""
        if not may(request.user, self.view_verb):
            raise PermissionDenied("記録を渡す立場ではありません。")
        context = {**self.admin_site.each_context(request), "title": "本人に渡す記録"}
        if request.method == "POST":
            number, is_identified = request.POST.get("number", ""), "identified" in request.POST
            try:
                lines = give_record(number, by=request.user, is_identified=is_identified)
                headers = {"Content-Disposition": 'attachment; filename="portal.txt"'}
                return HttpResponse(lines, "text/plain; charset=utf-8", headers=headers)
            except CannotGiveRecord as error:
                context |= {"error": str(error), "number": number, "identified": is_identified}
        status = 422 if "error" in context else 200
        return TemplateResponse(
            request, "admin/disclosure/give_record.html", context, status=status
        )

    @admin.display(description="操作", ordering="action")
    def action_words(self, event):
        return event.get_action_display()

    @admin.display(description="立場", ordering="actor_role")
    def role_words(self, event):
        return "本人" if event.actor_role == "student" else role_name(event.actor_role, GUARDIAN)

    @admin.display(description="理由")
    def reason_words(self, event):
        return staff_reason_words(event)

    @admin.display(description="利用目的", ordering="purpose")
    def purpose_words(self, event):
        return PURPOSE_NAMES.get(event.purpose, event.purpose)

    def get_queryset(self, request):
        officer_of = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality_id__in=officer_of)

    def get_search_results(self, request, queryset, search_term):
        """Events about a student, or rare ones about any other row."""
        number = search_term.strip()
        if not number:
            return queryset, False
        about = equal_to(AuditEvent, ["subject_id"], number)
        rare = Q(thing_id=number) & ~Q(thing_id="") & ~Q(action__in=FREQUENT_ACTIONS)
        return queryset.filter(about | rare), False
