"""The guard of every view of disclosure: the student, and as whom the person reads."""

from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from apps.consent.models import Party
from apps.consent.services import purpose_status
from apps.core.reason_grants import require_recent_proof


def student_and_party(request, student_id):
    """The student this person may decide about, and as whom; 404 for everybody else."""
    student = get_object_or_404(
        purpose_status.students_known_to(request.user).select_related("school", "home_class"),
        pk=student_id,
    )
    return student, purpose_status.party_of(request.user, student)[0]


def require_proof_of_guardian(request: HttpRequest, party: Party) -> None:
    """Raises ProofNeeded for a guardian who proved long ago who they are; a student types the PIN."""
    if party == Party.GUARDIAN:
        require_recent_proof(request)
