"""Pages of a hand-over pack: for print, as PDF, and the confirmation by a second person."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.cases.admin.referral_pages import place_of
from apps.cases.models import HandOver
from apps.cases.pack_pdf import pack_pdf
from apps.cases.services import hand_overs
from apps.cases.services.case_writing import CannotChangeCase
from apps.core.reason_grants import granted_reason
from apps.people.admin_bases.pages import page
from apps.people.permissions import may


class PackPages:
    """For the admin of cases: the pages of one pack, while the case stands open."""

    @page("packs/<uuid:pk>/", "cases_pack", require_GET)
    def pack_page(self, request, pk):
        """The pack for print; without a reason it leads to the case, which asks for one."""
        return self._pack(request, pk, self._pack_as_page)

    @page("packs/<uuid:pk>/pdf/", "cases_pack_pdf", require_GET)
    def pack_pdf_page(self, request, pk):
        """The pack as a file."""
        return self._pack(request, pk, _pack_as_file, as_file=True)

    @page("packs/<uuid:pk>/confirm/", "cases_pack_confirm", require_POST)
    def confirm_pack_page(self, request, pk):
        """The second person's word."""
        row = self._hand_over(request, pk)
        if granted_reason(request, place_of(row.case)) is None:
            return redirect("admin:cases_supportcase_change", row.case_id)
        try:
            hand_overs.confirm_hand_over(row, actor=request.user)
            messages.success(request, "確かめました。")
        except CannotChangeCase as error:
            messages.error(request, str(error))
            return redirect("admin:cases_supportcase_change", row.case_id)
        return redirect("admin:cases_pack", row.pk)

    def _pack(self, request, pk, show, *, as_file=False):
        row = self._hand_over(request, pk)
        reason = granted_reason(request, place_of(row.case))
        if reason is None:
            return redirect("admin:cases_supportcase_change", row.case_id)
        try:
            pack = hand_overs.open_pack(row, actor=request.user, reason=reason, as_file=as_file)
        except CannotChangeCase as error:
            raise PermissionDenied(str(error)) from error
        return show(request, pack, hand_overs.watermark_of(pack, request.user))

    def _pack_as_page(self, request, pack, watermark):
        context = {
            **self.admin_site.each_context(request),
            "title": str(pack.row),
            "pack": pack,
            "watermark": watermark,
            "may_confirm": hand_overs.may_confirm(pack.row, request.user),
        }
        return render(request, "admin/cases/pack.html", context)

    def _hand_over(self, request, pk):
        """The pack of a case in this person's care; else 404."""
        rows = HandOver.objects.select_related("case__student", "student", "case__school")
        row = get_object_or_404(rows, pk=pk, case__in=self.get_queryset(request).values("pk"))
        if not may(request.user, "cases.decide", row.case.student):
            raise Http404
        return row


def _pack_as_file(request, pack, watermark):
    answer = HttpResponse(pack_pdf(pack, watermark), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="pack-{pack.row.number}.pdf"'
    return answer
