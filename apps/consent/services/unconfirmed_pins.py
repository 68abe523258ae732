"""Purposes ended in the student's name with a PIN that nobody has confirmed."""

from apps.consent.models import Party, Response
from apps.consent.services.effectiveness import latest_decisions
from apps.people.models import Student
from apps.vault.models import SubjectKey


def ended_since_pin_reset(student: Student, decisions) -> set[str]:
    """The purposes about which the student's latest answer is not yes, since the PIN is new."""
    since = student.pin_reset_at
    return {
        decision.purpose
        for decision in decisions
        if since is not None
        and decision.party == Party.STUDENT
        and decision.response != Response.GIVEN
        and decision.decided_at >= since
    }


def count_unconfirmed_ends(student_ids: list[str]) -> dict[str, dict[str, int]]:
    """{student id: {"ended": purposes whose paused key waits for the PIN's confirmation}}."""
    students = Student.objects.filter(pk__in=student_ids, pin_reset_at__isnull=False)
    waiting = list(students.filter(pin_reset_confirmed_at=None))
    latest = latest_decisions(waiting)
    ended = {each.pk: ended_since_pin_reset(each, latest[each.pk]) for each in waiting}
    found = {pk: {"ended": 0} for pk in student_ids}
    keys = SubjectKey.objects.filter(student__in=waiting, destroy_after=None)
    for pk, purpose in keys.exclude(paused_at=None).values_list("student_id", "purpose"):
        found[str(pk)]["ended"] += purpose in ended[pk]
    return found
