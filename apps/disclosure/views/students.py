"""The guard of every view of disclosure: the student, and as whom the person reads."""

from django.shortcuts import get_object_or_404

from apps.consent.services import purpose_status


def student_and_party(request, student_id):
    """The student this person may decide about, and as whom; 404 for everybody else."""
    student = get_object_or_404(
        purpose_status.students_known_to(request.user).select_related("school", "home_class"),
        pk=student_id,
    )
    return student, purpose_status.party_of(request.user, student)[0]
