"""A guardian's page 「学校や市に相談したい」. Who is kept out finds what an unknown child has: 404."""

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.consent.services.respondents import awaits_confirmation
from apps.helpline.family_forms import FamilyRequestForm
from apps.helpline.models import FamilyRecipient, FamilyState
from apps.helpline.services import family_requests
from apps.people.models import Student
from apps.people.permissions import students_in_care

OWN_SHOWN = 10


@require_http_methods(["GET", "POST"])
def ask(request, student_id):
    """Send a wish to talk, and see what became of earlier ones; before the school's word only wait."""
    student = _student(request, student_id)
    if student is None:
        return _waiting(request, student_id)
    recipients = family_requests.recipients_for(student)
    form = FamilyRequestForm(request.POST or None, recipients=recipients)
    if request.method == "POST" and form.is_valid():
        try:
            family_requests.send_family_request(student, actor=request.user, **form.cleaned_data)
            messages.success(request, _("送りました"))
            return redirect("helpline:family", student.pk)
        except family_requests.CannotAskSchool as error:
            form.add_error(None, str(error))
    own = family_requests.own_family_requests(request.user, student)[:OWN_SHOWN]
    context = {
        "student": student,
        "form": form,
        "form_key": uuid.uuid4(),
        "has_readers": bool(recipients),
        "school_on": family_requests.next_look_on(student, FamilyRecipient.LEAD),
        "city_on": family_requests.next_look_on(student, FamilyRecipient.CITY),
        "asks_city": FamilyRecipient.CITY in recipients,
        "own": [(row, row.recipient in recipients) for row in own],
        "may_withdraw": (FamilyState.SENT, FamilyState.SEEN),
    }
    return render(request, "helpline/family.html", context, status=422 if form.errors else 200)


@require_POST
def withdraw(request, student_id, pk):
    """Take one back."""
    student = _student(request, student_id)
    if student is None:
        raise Http404
    row = get_object_or_404(family_requests.own_family_requests(request.user, student), pk=pk)
    try:
        family_requests.withdraw_family_request(row, actor=request.user)
        messages.success(request, _("取り下げました"))
    except family_requests.CannotAskSchool as error:
        messages.warning(request, str(error))
    except PermissionDenied as error:
        raise Http404 from error
    return redirect("helpline:family", student.pk)


def _student(request, student_id):
    """The child in this guardian's care today, or None."""
    students = Student.objects.enrolled().filter(students_in_care(request.user)).distinct()
    return students.filter(pk=student_id).select_related("school").first()


def _waiting(request, student_id):
    """What waits for the school's confirmation; whoever was kept out meanwhile reads the same."""
    student = Student.objects.filter(pk=student_id).first()
    if student is None or not awaits_confirmation(student, request.user):
        raise Http404
    if request.method == "POST":
        return redirect("helpline:family", student_id)
    return render(request, "helpline/family.html", {"is_waiting": True})
