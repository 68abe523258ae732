"""The page and the file of what is stored about me, or about my child."""

from django.http import JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from apps.consent import pages
from apps.core.limits import allow
from apps.disclosure import part_words
from apps.disclosure.services import data_file, personal_data
from apps.disclosure.services.data_parts import ROWS_ON_PAGE
from apps.disclosure.views.students import require_proof_of_guardian, student_and_party
from apps.people.pin_reauthentication import pin_required


@require_GET
@pin_required
def data_page(request, student_id):
    """Each part, newest rows first; the file holds the rest."""
    student, party = student_and_party(request, student_id)
    require_proof_of_guardian(request, party)
    limit = ROWS_ON_PAGE
    parts = personal_data.data_parts(student, request.user, party, limit=limit)
    context = {
        "student": student,
        "parts": [(part, part_words.part_lines(part, party)) for part in parts],
        "links": personal_data.last_links(student, request.user),
    }
    return render(request, "disclosure/personal_data.html", pages.party_context(party) | context)


@require_POST
@pin_required
def data_download(request, student_id):
    """All of it as JSON. A POST, because taking it is audited."""
    student, party = student_and_party(request, student_id)
    require_proof_of_guardian(request, party)
    if not allow("data.copy", str(request.user.pk)):
        return render(request, "429.html", status=429)
    document = data_file.data_file(student, request.user, party)
    response = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="portal.json"'
    return response
