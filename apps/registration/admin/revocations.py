"""Revoking a print run of letters: the button, its effects and the reason."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.proposals import ProposalAdmin
from apps.people.permissions import may
from apps.registration.services import revocations

REVOKE = revocations.VERB
REVOKED_FIELD = "revoked_at"


class RevocationMixin(ProposalAdmin):
    """Mixin of the print record's admin."""

    change_form_template = "admin/registration/printed_sheet.html"

    def may_propose(self, request):
        return may(request.user, REVOKE)

    def change_view(self, request, object_id, form_url="", extra_context=None):
        sheet = self.get_object(request, object_id)
        ends = sheet is not None and may(request.user, REVOKE, sheet)
        more = {"may_revoke": ends and bool(revocations.effects_of_revocation(sheet).kind)}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @page("sheet/<uuid:pk>/revoke/", "registration_sheet_revoke")
    @method_decorator(require_POST)
    def revoke(self, request, pk):
        """Redirect to the page that shows the effects and asks for a reason."""
        sheet = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request.user, REVOKE, sheet):
            raise PermissionDenied("手紙を止める立場ではありません。")
        return redirect(
            self.proposal_url(
                sheet,
                {REVOKED_FIELD: True},
                {REVOKED_FIELD: self.stored_value(sheet, REVOKED_FIELD)},
            )
        )

    def proposed_row(self, request, pk, changes):
        sheet = super().proposed_row(request, pk, changes)
        if not may(request.user, REVOKE, sheet):
            raise PermissionDenied("手紙を止める立場ではありません。")
        return sheet

    def stored_value(self, row, name):
        return (
            row.revoked_at is not None if name == REVOKED_FIELD else super().stored_value(row, name)
        )

    def line_of(self, row, name, change):
        if name == REVOKED_FIELD:
            return "この印刷の手紙", "使えます", "使えません(新しい番号の手紙を印刷できます)"
        return super().line_of(row, name, change)

    def effects_of(self, row, changes):
        return revocations.effects_of_revocation(row)

    def propose(self, row, changes, *, by, reason):
        return revocations.revoke_print_run(row, by=by, reason=reason)
