"""人: invitations, who has access now, renewals, roster matches, who confirms whom."""

import itertools
import uuid

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import ReadOnlyAdmin
from apps.people.permissions import may
from apps.people.services import confirmation_pairs as confirmers
from apps.people.services.staff_posts import APPOINT_VERB
from apps.registration.services import confirmation_pairs as registration_pairs
from apps.staffing.models import StaffInvitation
from apps.staffing.services import access_lists, invitations, renewals, roster_matches
from apps.staffing.services.invitations import CannotJoin

NOBODY = "だれも選ばれていません。"


@admin.register(StaffInvitation)
class StaffInvitationAdmin(ReadOnlyAdmin):
    """Invitations; the voice code is shown only to the person who invited."""

    view_verb = APPOINT_VERB
    list_display = ["issued_at", "name", "role", "school", "state"]
    list_select_related = ["school", "invited_by"]
    fields = readonly_fields = [
        "name", "mail", "role", "school", "school_class", "grade", "begins_on", "ends_on",
        "issued_at", "expires_at", "state",
    ]  # fmt: skip
    change_form_template = "admin/staffing/invitation.html"

    def get_queryset(self, request):
        return access_lists.invitations_for(request.user)

    def has_view_permission(self, request, obj=None):
        return may(request.user, APPOINT_VERB)  # row access: get_queryset

    @admin.display(description="いま")
    def state(self, invitation):
        return access_lists.invitation_state_label(invitation)

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        row = self.get_object(request, object_id)
        more = {}
        if row is not None:
            is_own, is_open = row.invited_by_id == request.user.pk, row.used_at is None
            more = {"is_own": is_own, "may_again": is_own and is_open and row.revoked_at is None}
            more["voice_code"] = access_lists.voice_code_for(row, request.user)
        return super().change_view(request, object_id, form_url, more | (extra_context or {}))

    @page("<uuid:pk>/again/", "staffing_resend", never_cache)
    @method_decorator(require_POST)
    def again(self, request, pk):
        """Send a new mail and a new code, by the person who invited."""
        row = get_object_or_404(self.get_queryset(request), pk=pk, invited_by=request.user)
        try:
            invitations.resend_invitation(row, by=request.user)
            messages.success(request, "新しい招待を送りました。前の番号は使えません。")
        except CannotJoin:
            messages.error(request, "この招待は、もう使われたか、取り消されています。")
        return redirect("admin:staffing_staffinvitation_change", pk)

    @page("<uuid:pk>/revoke/", "staffing_revoke", never_cache)
    @method_decorator(require_POST)
    def revoke(self, request, pk):
        """End an invitation that nobody has used."""
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        invitations.revoke_invitation(row, by=request.user)
        messages.success(request, "招待を取り消しました。")
        return redirect("admin:staffing_staffinvitation_change", pk)

    @page("access/", "staffing_access", require_safe, never_cache)
    def access(self, request):
        """Who has access now, by school and role, to print; recorded."""
        self._require(request, APPOINT_VERB)
        posts = access_lists.posts_with_access(request.user)
        access_lists.record_listing(request.user, posts)
        places = itertools.groupby(posts, key=lambda post: post.school or post.municipality)
        context = {"places": [(place, list(rows)) for place, rows in places], "n": len(posts)}
        return self._page(request, "access", "いま入れる人", context)

    @page("renewals/", "staffing_renewals", never_cache)
    def renewals(self, request):
        """The posts to renew this school year; a POST renews the ticked ones."""
        self._require(request, APPOINT_VERB)
        if request.method == "POST":
            n_renewed = renewals.renew_posts(_ids(request, "post"), by=request.user)
            words = f"{n_renewed}人の担当を続けます。" if n_renewed else NOBODY
            messages.info(request, words)
            return redirect("admin:staffing_renewals")
        context = {
            "rows": renewals.renewals_due_for(request.user),
            "held_over": renewals.postponed_ends_for(request.user),
            "last": renewals.next_last_day(),
        }
        return self._page(request, "renewals", "担当を続ける", context)

    @page("roster/", "staffing_roster_matches", never_cache)
    def roster(self, request):
        """People of the roster without an account beside those who were invited."""
        self._require(request, APPOINT_VERB)
        schools = roster_matches.schools_to_match(request.user)
        if request.method == "POST":
            return self._match(request)
        pages = [(each, roster_matches.matches_at(each, request.user)) for each in schools]
        context = {"pages": [(school, rows) for school, rows in pages if rows]}
        return self._page(request, "roster_matches", "名簿の人と合わせる", context)

    def _match(self, request):
        named, _, invited = request.POST.get("match", "").partition(".")
        try:
            roster_matches.match_post(uuid.UUID(named), uuid.UUID(invited), by=request.user)
            messages.success(request, "名簿の人と、招待した人を合わせました。")
        except (ValueError, roster_matches.CannotMatch) as error:
            message = str(error) if isinstance(error, roster_matches.CannotMatch) else NOBODY
            messages.error(request, message)
        return redirect("admin:staffing_roster_matches")

    @page("confirmers/", "staffing_confirmers", require_safe, never_cache)
    def confirmers(self, request):
        """Proposer × confirmer × kind for one month, for the privacy officer."""
        self._require(request, confirmers.MATRIX_VERB)
        first = confirmers.parse_month(request.GET.get("month", ""))
        context = {
            "rows": [
                *confirmers.confirmations_in_month(first, request.user),
                *registration_pairs.pairs_in(first, request.user),
            ],
            "first": first,
            "before": confirmers.previous_month(first), "after": confirmers.next_month(first),
        }  # fmt: skip
        return self._page(request, "confirmers", "だれが だれの変更を確かめたか", context)

    def _require(self, request, verb):
        if not may(request.user, verb):
            raise PermissionDenied("このページを見る立場ではありません。")

    def _page(self, request, name, title, context):
        return self.render_page(request, f"admin/staffing/{name}.html", title, context)


def _ids(request, name):
    found = []
    for text in request.POST.getlist(name):
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found
