"""A newcomer's own statement, and correcting it until the school has begun to confirm."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from apps.people.models import Relation
from apps.registration import staff_devices
from apps.registration.forms.newcomers import NewcomerForm, RelationshipForm
from apps.registration.services import newcomer_corrections
from apps.registration.services.newcomer_corrections import CannotCorrectNewcomer
from apps.signin.student_devices import is_student_device

CORRECTED = _("登録した内容を直しました。学校の確認を待っています。")


@never_cache
@require_safe
def newcomer_statement(request: HttpRequest, student_id) -> HttpResponse:
    """The statement for a child for whom this account waits, with a link to correct it."""
    found = _said_or_404(request, student_id)
    relation = Relation(found.relation).label if found.relation else ""
    return render(
        request, "registration/newcomer_statement.html", {"statement": found, "relation": relation}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def correct_statement(request: HttpRequest, student_id) -> HttpResponse:
    """The same questions again; once the school has begun, a sentence that gives no reason."""
    found = _said_or_404(request, student_id)
    if why := newcomer_corrections.why_not_correctable(found):
        return _refused(request, found, why)
    kind = NewcomerForm if found.may_change_names else RelationshipForm
    sent = request.POST if request.method == "POST" else None
    form = kind(sent, initial=found.as_initial())
    if request.method == "POST" and form.is_valid():
        newcomer = form.newcomer(
            on_students_device=is_student_device(request),
            staff_on_device=staff_devices.staff_on(request, found.registration.municipality_id),
        )
        try:
            newcomer_corrections.correct(student_id, newcomer, by=request.user)
        except CannotCorrectNewcomer as error:
            return _refused(request, found, str(error))
        messages.success(request, CORRECTED)
        return redirect("registration:own_statement", student_id)
    context = {"statement": found, "form": form}
    status = 422 if form.is_bound else 200
    return render(request, "registration/correct_statement.html", context, status=status)


def _refused(request, found, why):
    context = {"statement": found, "why": why}
    return render(request, "registration/correction_refused.html", context, status=422)


def _said_or_404(request, student_id):
    found = newcomer_corrections.newcomer_statement(request.user, student_id)
    if found is None:
        raise Http404
    return found
