"""What is kept about me, or about my child: to read, and to take along."""

from django.http import JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from apps.consent import pages
from apps.consent import services as consent
from apps.core.limits import allow
from apps.people.pin_proof import asks_for_pin
from apps.portal import mydata


@require_GET
@asks_for_pin
def data(request, student_id):
    """Part by part, the newest first; the file holds the rest."""
    student, party = _student(request, student_id)
    parts = mydata.parts_for(student, request.user, party)
    context = {
        "student": student,
        "parts": [(part, mydata.lines(part, party)) for part in parts],
        "links": mydata.last_links(student, request.user, party),
    }
    return render(request, "portal/data.html", pages.side(party) | context)


@require_POST
@asks_for_pin
def data_file(request, student_id):
    """All of it as JSON. A POST, because taking it is put on record."""
    student, party = _student(request, student_id)
    if not allow("data.copy", str(request.user.pk)):
        return render(request, "429.html", status=429)
    document = mydata.as_file(student, request.user, party)
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


def _student(request, student_id):
    students = consent.students_deciding(request.user).select_related("school", "home_class")
    student = get_object_or_404(students, pk=student_id)
    return student, consent.party_of(request.user, student)[0]
