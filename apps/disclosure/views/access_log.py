"""The page "who looked": accesses to a student's records."""

from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.audit.models import NEWEST_FIRST
from apps.consent.pages import party_context
from apps.core.page_links import requested_page
from apps.disclosure.pages import access_lines
from apps.disclosure.services.access_log import access_entries
from apps.disclosure.views.students import student_and_party

ENTRIES_A_PAGE = 20


@require_GET
def access_log(request, student_id):
    """Who accessed this student's records, when and why; newest first."""
    student, party = student_and_party(request, student_id)
    entries = access_entries(student, request.user)
    page = requested_page(request, entries, NEWEST_FIRST, ENTRIES_A_PAGE)
    context = {"student": student, "page": page, "seen": access_lines(page.rows, party)}
    return render(request, "disclosure/access_log.html", party_context(party) | context)
