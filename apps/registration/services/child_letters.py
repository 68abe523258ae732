"""Child letters, for guardians who are not in the roster: not used up, confirmed by the school."""

from datetime import date

from django.db import transaction

from apps.people.models import Student, User
from apps.registration.models import InvitationLetter
from apps.registration.services.letter_records import change_hand_out_day, write_letters


@transaction.atomic
def ensure_child_letters(
    students, *, by: User | None, works_from: date | None = None
) -> list[tuple[Student, InvitationLetter]]:
    """[(student, open letter)] in the order given; a student without one gets a new letter.

    No open letter's code changes; letters of a school the child has left are not open. A letter
    that is not valid yet takes the new hand-out day. Students who have left are skipped.
    """
    students = _lock([student.pk for student in students])
    letters = InvitationLetter.objects.open().filter(student__in=students)
    known = {letter.student_id: letter for letter in letters}
    change_hand_out_day(known.values(), works_from)
    without = [student for student in students if student.pk not in known]
    written = write_letters(without, by=by, works_from=works_from)
    known |= {letter.student_id: letter for letter, _ in written}
    return [(student, known[student.pk]) for student in students]


@transaction.atomic
def issue_child_letters(
    students, *, by: User | None, works_from: date | None = None
) -> list[tuple[Student, str]]:
    """Issue a new letter for each student; an older one ends. Returns [(student, code)]."""
    students = _lock([student.pk for student in students])
    written = write_letters(students, by=by, works_from=works_from)
    return [(student, code) for student, (_, code) in zip(students, written, strict=True)]


@transaction.atomic
def replace_child_letters(letter_ids, *, by: User | None) -> list[tuple[Student, str]]:
    """Replace each student's letter if it is still open: [(student, code)].

    A letter that has already ended is skipped, so that a repeated request changes nothing. The
    hand-out day stays.
    """
    named = InvitationLetter.objects.filter(pk__in=letter_ids, student__isnull=False)
    students = _lock(list(named.values_list("student_id", flat=True)))
    days = dict(named.open().values_list("student_id", "works_from"))
    found = []
    for day in set(days.values()):
        chosen = [each for each in students if each.pk in days and days[each.pk] == day]
        found += issue_child_letters(chosen, by=by, works_from=day)
    return found


def _lock(ids):
    """The enrolled students in the order of ``ids``, locked in primary key order."""
    enrolled = Student.objects.enrolled().filter(pk__in=set(ids))
    locked = enrolled.order_by("pk").select_for_update(no_key=True).in_bulk()
    return [locked[pk] for pk in dict.fromkeys(ids) if pk in locked]
