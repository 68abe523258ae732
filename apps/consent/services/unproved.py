"""What was ended in the student's name since staff let the PIN be chosen, and nobody confirmed."""

from apps.consent.models import Party, Response
from apps.consent.services.standings import latest_decisions
from apps.people.models import Student
from apps.vault.models import SubjectKey


def ended_since_reset(student: Student, decisions) -> set[str]:
    """The purposes about which the student last said something else than yes since the reset."""
    since = student.pin_reset_at
    return {
        said.purpose
        for said in decisions
        if since is not None
        and said.party == Party.STUDENT
        and said.response != Response.GIVEN
        and said.decided_at >= since
    }


def count_unproved(student_id: str) -> dict[str, int]:
    """{"ended": purposes whose key waits, paused, for the word that the student was there}."""
    student = Student.objects.filter(pk=student_id).first()
    if student is None or not student.waits_for_proof:
        return {"ended": 0}
    ended = ended_since_reset(student, latest_decisions([student])[student.pk])
    waiting = SubjectKey.objects.filter(student=student, purpose__in=ended, destroy_after=None)
    return {"ended": waiting.exclude(paused_at=None).count()}
