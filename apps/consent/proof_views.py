"""Receipts to keep and to check: PDF, JSON, and the open pages that need no sign-in."""

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_http_methods

from apps.consent import pages, services
from apps.consent.forms import CheckReceiptForm
from apps.consent.receipt_pdf import receipt_pdf
from apps.core.client_address import address_of
from apps.core.limits import allow
from apps.people.models import Municipality


@require_GET
def pdf(request, pk):
    """The receipt on paper, with a code that proves it."""
    receipt = get_object_or_404(services.receipts_readable_by(request.user), pk=pk)
    try:
        services.checked_facts(receipt)
    except services.Broken:
        return _broken(request, receipt)
    content = receipt_pdf(**pages.on_paper(receipt), proof_address=services.proof_address(receipt))
    return _file(content, "application/pdf", f"receipt-{str(receipt.pk)[:8]}.pdf")


@require_GET
def json(request, pk):
    """The receipt as data: Kantara 1.1, ISO/IEC TS 27560, the facts, signed."""
    receipt = get_object_or_404(services.receipts_readable_by(request.user), pk=pk)
    try:
        document = services.export(receipt)
    except services.Broken:
        return _broken(request, receipt)
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    return _named(response, f"receipt-{str(receipt.pk)[:8]}.json")


@login_not_required
@require_http_methods(["GET", "POST"])
def check(request):
    """Paste a receipt: is it one of ours, and unchanged? Says nothing that was not pasted."""
    form = CheckReceiptForm(request.POST if request.method == "POST" else None)
    genuine = None
    if form.is_bound and not allow("receipt.check", address_of(request)):
        return render(request, "429.html", status=429)
    if form.is_bound and form.is_valid():
        try:
            genuine = services.check_receipt(form.cleaned_data["shown"])
        except services.NotGenuine as error:
            form.add_error("shown", str(error))
    status = 422 if form.is_bound and genuine is None else 200
    answer = render(request, "consent/check_receipt.html", _said(genuine, form), status=status)
    if genuine:  # what was pasted stands in no address and is kept nowhere: Back shows this answer
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
            request, "consent/check_receipt.html", _said(services.check_receipt(token), None)
        )
    except services.NotGenuine as error:
        form = CheckReceiptForm({"shown": token})
        form.add_error("shown", str(error))
        return render(request, "consent/check_receipt.html", _said(None, form), status=422)


@login_not_required
@require_GET
def keys(request):
    """The public keys, for who checks receipts with tools of their own."""
    return JsonResponse(services.public_keys())


@login_not_required
@require_GET
def words(request, code):
    """The words in force, open to everybody: what is asked, from where, who looks, how long."""
    municipality = get_object_or_404(Municipality, code=code)
    documents = services.words_in_force(municipality)
    context = {"municipality": municipality, "documents": documents}
    return render(request, "consent/words.html", context)


def _said(genuine, form):
    at = datetime.fromtimestamp(genuine.at, UTC) if genuine else None
    return {
        "form": form or CheckReceiptForm(),
        "genuine": genuine,
        "at": pages.when_exactly(at, "guardian") if at else "",
        "answers": pages.proven_answers(genuine.facts) if genuine and genuine.facts else [],
    }


def _broken(request, receipt):
    return render(
        request, "consent/broken.html", pages.side(receipt.party) | {"receipt": receipt}, status=409
    )


def _file(content, kind, name):
    return _named(HttpResponse(content, content_type=kind), name)


def _named(response, name):
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
