"""The page "who looked": accesses to a student's records."""

from datetime import date

from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.consent.pages import party_context
from apps.disclosure.pages import access_lines
from apps.disclosure.services.access_days import access_month
from apps.disclosure.views.students import student_and_party
from apps.people.pin_reauthentication import pin_required


@require_GET
@pin_required
def access_log(request, student_id):
    """Who looked at this student's records, in days and roles; a month a page, newest first."""
    student, party = student_and_party(request, student_id)
    month = access_month(student, request.user, _month(request.GET.get("month", "")))
    context = {"student": student, "month": month, "seen": access_lines(month.days, party)}
    return render(request, "disclosure/access_log.html", party_context(party) | context)


def _month(text):
    """The first day of a month ("2026-11"); None where it is no month."""
    try:
        return date.fromisoformat(f"{text}-01") if len(text) == len("2026-11") else None
    except ValueError:
        return None
