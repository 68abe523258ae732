"""The page on which somebody asks for a correction, and reads the answers."""

import uuid

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.consent.models import Party
from apps.consent.pages import party_context, refusal_words
from apps.core.page_links import requested_page
from apps.disclosure.forms import CorrectionForm
from apps.disclosure.pages import correction_lines
from apps.disclosure.services import corrections as correction_service
from apps.disclosure.services.corrections import CannotCorrect, request_correction
from apps.disclosure.views.students import require_proof_of_guardian, student_and_party
from apps.people.pin_reauthentication import is_reauthenticated, reauthentication_url

REQUESTS_A_PAGE = 10


@require_http_methods(["GET", "POST"])
def corrections(request, student_id):
    """Take a correction request; show this person's earlier requests and the answers."""
    student, party = student_and_party(request, student_id)
    if request.method == "GET":
        require_proof_of_guardian(request, party)
    form = CorrectionForm(
        request.POST or None, party=party, initial={"about": request.GET.get("about")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            request_correction(student, actor=request.user, **form.cleaned_data)
            messages.success(request, _("送りました"))
            return redirect("disclosure:corrections", student.pk)
        except CannotCorrect as error:
            form.add_error(None, refusal_words(error, party))
    reads = party == Party.GUARDIAN or is_reauthenticated(request.session, student)
    context = {"student": student, "form": form, "form_key": uuid.uuid4()}
    context["page"], context["mine"] = _earlier(request, student) if reads else (None, [])
    context["prove"] = "" if reads else reauthentication_url(request.session, request.path)
    status = 422 if form.is_bound else 200
    return render(
        request, "disclosure/corrections.html", party_context(party) | context, status=status
    )


def _earlier(request, student):
    """This person's earlier requests: the page asked for, and its lines."""
    requests = correction_service.correction_requests_by(request.user, student)
    page = requested_page(request, requests, correction_service.NEWEST_FIRST, REQUESTS_A_PAGE)
    opened = correction_service.opened_corrections(page.rows, request.user, student)
    return page, correction_lines(opened)
