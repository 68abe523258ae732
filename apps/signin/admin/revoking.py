"""Revoking a print run of letters: its button, the question with numbers, the reason."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.urls import path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from apps.people.act_doors import ProposingDoor
from apps.people.permissions import may
from apps.signin.services import revoking

REVOKE = revoking.VERB
NAME = "revoked_at"


class RevokingDoor(ProposingDoor):
    """Mixin of the record of printings."""

    change_form_template = "admin/signin/printed_sheet.html"

    def may_propose(self, request):
        return may(request.user, REVOKE)

    def get_urls(self):
        view = self.admin_site.admin_view(self.revoke)
        return [
            path("sheet/<uuid:pk>/revoke/", view, name="signin_sheet_revoke"),
            *super().get_urls(),
        ]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        sheet = self.get_object(request, object_id)
        ends = sheet is not None and may(request.user, REVOKE, sheet)
        more = {"may_revoke": ends and bool(revoking.effects_of_revoking(sheet).kind)}
        return super().change_view(request, object_id, form_url, {**more, **(extra_context or {})})

    @method_decorator(require_POST)
    def revoke(self, request, pk):
        """Leads to the page that shows what it ends and asks for a reason."""
        sheet = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may(request.user, REVOKE, sheet):
            raise PermissionDenied("手紙を止める立場ではありません。")
        return redirect(self.proposal_url(sheet, {NAME: True}, {NAME: self.kept(sheet, NAME)}))

    def proposed_row(self, request, pk, changes):
        sheet = super().proposed_row(request, pk, changes)
        if not may(request.user, REVOKE, sheet):
            raise PermissionDenied("手紙を止める立場ではありません。")
        return sheet

    def kept(self, row, name):
        return row.revoked_at is not None if name == NAME else super().kept(row, name)

    def line_of(self, row, name, told):
        if name == NAME:
            return "この印刷の手紙", "使えます", "使えません(新しい番号の手紙を印刷できます)"
        return super().line_of(row, name, told)

    def effects_of(self, row, changes):
        return revoking.effects_of_revoking(row)

    def propose(self, row, changes, *, by, reason):
        return revoking.revoke_run(row, by=by, reason=reason)
