"""Receipts to keep and to verify: PDF, JSON, and the public pages that need no sign-in."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.consent import pages
from apps.consent.forms.answers import CheckReceiptForm
from apps.consent.receipts import proofs
from apps.consent.receipts.pdf import receipt_pdf
from apps.consent.services import purpose_status
from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.core.municipality_scope import widen_to
from apps.people.models import Municipality


@require_GET
def receipt_pdf_file(request, pk):
    """The receipt as a PDF, with a code that proves it."""
    receipt = get_object_or_404(purpose_status.receipts_readable_by(request.user), pk=pk)
    try:
        proofs.verified_facts(receipt)
    except proofs.ReceiptAltered:
        return _broken(request, receipt)
    content = receipt_pdf(
        **pages.receipt_pdf_content(receipt), proof_address=proofs.proof_url(receipt)
    )
    return _file(content, "application/pdf", f"portal-{str(receipt.pk)[:8]}.pdf")


@require_GET
def receipt_json(request, pk):
    """The receipt as data: Kantara 1.1, ISO/IEC TS 27560, the facts, signed."""
    receipt = get_object_or_404(purpose_status.receipts_readable_by(request.user), pk=pk)
    try:
        document = proofs.export_receipt(receipt)
    except proofs.ReceiptAltered:
        return _broken(request, receipt)
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return _named(response, f"portal-{str(receipt.pk)[:8]}.json")


@login_not_required
@require_http_methods(["GET", "POST"])
def check_receipt(request):
    """Paste a receipt: is it one of ours, and unchanged? Shows nothing that was not pasted."""
    form = CheckReceiptForm(request.POST if request.method == "POST" else None)
    genuine = None
    if form.is_bound and not allow("receipt.check", address_of(request)):
        return render(request, "429.html", status=429)
    if form.is_bound and form.is_valid():
        try:
            genuine = proofs.check_receipt(form.cleaned_data["shown"])
        except proofs.ReceiptNotGenuine as error:
            form.add_error("shown", str(error))
    status = 422 if form.is_bound and genuine is None else 200
    answer = render(
        request, "consent/check_receipt.html", _verification_in_words(genuine, form), status=status
    )
    if genuine:  # what was pasted is in no URL and stored nowhere: Back shows this answer
        answer["Cache-Control"] = "private, no-cache"
    return answer


@login_not_required
@require_GET
def check_proof(request, token):
    """Where the code on a printed receipt leads."""
    if not allow("receipt.check", address_of(request)):
        return render(request, "429.html", status=429)
    try:
        return render(
            request,
            "consent/check_receipt.html",
            _verification_in_words(proofs.check_receipt(token), None),
        )
    except proofs.ReceiptNotGenuine as error:
        form = CheckReceiptForm({"shown": token})
        form.add_error("shown", str(error))
        return render(
            request, "consent/check_receipt.html", _verification_in_words(None, form), status=422
        )


@login_not_required
@require_GET
def public_keys(request):
    """The public keys, for people who verify receipts with their own tools."""
    return JsonResponse(proofs.public_receipt_keys())


@login_not_required
@require_GET
def documents_in_force(request, code):
    """The documents in force, public: what is asked, the source, who reads, how long."""
    municipality = get_object_or_404(Municipality, code=code)
    widen_to(municipality.pk)  # its words are published
    documents = purpose_status.documents_in_force(municipality)
    context = {"municipality": municipality, "documents": documents}
    return render(request, "consent/documents_in_force.html", context)


def _verification_in_words(genuine, form):
    at = datetime.fromtimestamp(genuine.at, UTC) if genuine else None
    return {
        "form": form or CheckReceiptForm(),
        "genuine": genuine,
        "at": pages.exact_moment_words(at) if at else "",
        "answers": pages.verified_answers(genuine.facts) if genuine and genuine.facts else [],
    }


def _broken(request, receipt):
    return render(
        request,
        "consent/receipt_altered.html",
        pages.party_context(receipt.party) | {"receipt": receipt},
        status=409,
    )


def _file(content, kind, name):
    return _named(HttpResponse(content, content_type=kind), name)


def _named(response, name):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
