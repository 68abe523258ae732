"""What a newcomer said of themselves, and correcting it while the school has begun nothing."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.people.models import Relation
from apps.signin import staff_devices
from apps.signin.newcomer_form import NewcomerForm, TieForm
from apps.signin.services import correcting_newcomers
from apps.signin.services.correcting_newcomers import CannotCorrect
from apps.signin.student_devices import had_student

CORRECTED = "登録した内容を直しました。学校の確認を待っています。"


@never_cache
@require_safe
def said(request: HttpRequest, student_id) -> HttpResponse:
    """What was chosen for a child for whom this person waits; the way to correct it stands always."""
    found = _said_or_404(request, student_id)
    relation = Relation(found.relation).label if found.relation else ""
    return render(request, "signin/said.html", {"said": found, "relation": relation})


@never_cache
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, student_id) -> HttpResponse:
    """The same questions again; where the school has begun, a sentence that tells no reason."""
    found = _said_or_404(request, student_id)
    if why := correcting_newcomers.why_not(found):
        return _refused(request, found, why)
    kind = NewcomerForm if found.may_change_names else TieForm
    sent = request.POST if request.method == "POST" else None
    form = kind(sent, initial=found.as_initial())
    if request.method == "POST" and form.is_valid():
        newcomer = form.newcomer(
            on_students_device=had_student(request),
            staff_on_device=staff_devices.staff_on(request, found.arrival.municipality_id),
        )
        try:
            correcting_newcomers.correct(student_id, newcomer, by=request.user)
        except CannotCorrect as error:
            return _refused(request, found, str(error))
        messages.success(request, CORRECTED)
        return redirect("signin:said", student_id)
    context = {"said": found, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "signin/correct_said.html", context, status=status)


def _refused(request, found, why):
    context = {"said": found, "why": why}
    return render(request, "signin/correct_refused.html", context, status=422)


def _said_or_404(request, student_id):
    found = correcting_newcomers.what_was_said(request.user, student_id)
    if found is None:
        raise Http404
    return found
