"""Pages of a referral: the sheet to print, and the link by which the organisation answers."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from apps.cases.models import Referral
from apps.cases.services import referrals
from apps.core.qr import qr_svg
from apps.core.reason_grants import granted_reason
from apps.people.admin_bases.pages import page
from apps.people.permissions import may


def place_of(case):
    """The name under which a reason for opening a case is remembered."""
    return f"case {case.pk}"


class ReferralPages:
    """For the admin of cases: the pages of one referral, while the case stands open."""

    @page("referrals/<uuid:pk>/", "cases_referral", require_GET)
    def referral_page(self, request, pk):
        """The sheet for print; without a reason it leads to the case, which asks for one."""
        referral = self._referral(request, pk)
        reason = granted_reason(request, place_of(referral.case))
        if reason is None:
            return redirect("admin:cases_supportcase_change", referral.case_id)
        sheet = referrals.open_sheet(referral, actor=request.user, reason=reason)
        address = ""
        if sheet.link is not None:
            path = reverse("cases:answer", args=[referrals.token_of(sheet.link)])
            address = f"{settings.PORTAL_URL}{path}"
        context = {
            **self.admin_site.each_context(request),
            "title": "紹介の紙",
            "sheet": sheet,
            "referral": referral,
            "address": address,
            "code": qr_svg(address, "返事のページ") if address else "",
            "answers": referrals.answers_in_words(referral),
        }
        return render(request, "admin/cases/referral.html", context)

    @page("referrals/<uuid:pk>/link/", "cases_referral_link", require_POST)
    def referral_link_page(self, request, pk):
        """Make a new link, or stop the one in use."""
        referral = self._referral(request, pk)
        if granted_reason(request, place_of(referral.case)) is None:
            return redirect("admin:cases_supportcase_change", referral.case_id)
        if "stop" in request.POST:
            referrals.revoke_link(referral, actor=request.user)
            messages.success(request, "リンクを止めました。")
        else:
            referrals.renew_link(referral, actor=request.user)
            messages.success(request, "新しいリンクを作りました。前のリンクは使えません。")
        return redirect("admin:cases_referral", referral.pk)

    def _referral(self, request, pk):
        """The referral of a case in this person's care; else 404."""
        rows = Referral.objects.select_related("case__student", "organisation", "student")
        referral = get_object_or_404(rows, pk=pk, case__in=self.get_queryset(request).values("pk"))
        if not may(request.user, "cases.decide", referral.case.student):
            raise Http404
        return referral
