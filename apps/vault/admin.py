"""The privacy officer's page of unreadable content. It names no student and shows no content."""

from django.contrib import admin, messages
from django.http import Http404, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.vault.models import DamageReport
from apps.vault.services.damage_reports import mark_report_seen, reports_for
from apps.vault.services.key_loss import ALL_KEYS, THIS_KEY, effects_of_loss, propose_key_loss


@admin.register(DamageReport)
class DamageReportAdmin(ProposalAdmin, ReadOnlyAdmin):
    """Which key or row, since when, and whether somebody has dealt with it."""

    view_verb = "damage.view"
    list_display = ["found_at", "kind", "purpose", "school", "place", "mended_at", "noted_at"]
    list_filter = ["kind", ("noted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["student__school"]
    ordering = ["-found_at"]
    fields = readonly_fields = [
        "found_at", "kind", "purpose", "school", "student_number", "key_id", "table", "row_id",
        "mended_at", "noted_at", "noted_by",
    ]  # fmt: skip
    change_form_template = "admin/vault/damage.html"

    def get_queryset(self, request):
        return reports_for(request.user)

    @page("<uuid:pk>/lose/<str:which>/", "vault_damage_lose")
    @method_decorator(require_POST)
    def lose(self, request, pk, which):
        """Leads to the page that shows what declaring a key lost ends, and asks for a reason."""
        if not may(request.user, self.view_verb) or which not in (THIS_KEY, ALL_KEYS):
            raise Http404
        report = get_object_or_404(self.get_queryset(request), pk=pk)
        return redirect(self.proposal_url(report, {"keys": which}, {}))

    def may_propose(self, request):
        return may(request.user, self.view_verb)

    def effects_of(self, row, changes):
        return effects_of_loss(row, changes["keys"])

    def propose(self, row, changes, *, by, reason):
        return propose_key_loss(row, changes["keys"], by=by, reason=reason)

    def line_of(self, row, name, change):
        return "鍵", "読めない(手当てを待っている)", "失われた"

    @page("<uuid:pk>/note/", "vault_damage_note")
    def note_page(self, request, pk):
        """Notes that a person has dealt with a report; a second time changes nothing."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not may(request.user, self.view_verb):
            raise Http404
        report = get_object_or_404(self.get_queryset(request), pk=pk)
        mark_report_seen(report, by=request.user)
        messages.success(request, "確かめたことを残しました。")
        return redirect("admin:vault_damagereport_changelist")

    @admin.display(description="学校")
    def school(self, report):
        return report.student.school if report.student else ""

    @admin.display(description="生徒の番号")
    def student_number(self, report):
        return report.student_id

    @admin.display(description="どこ")
    def place(self, report):
        return report.table or "鍵"
