"""Which looks of staff lie outside their duty pattern. Pure.

They prove nothing: the privacy officer asks whoever looked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from apps.people.school_day_rules import is_school_day

MANY, OFF_HOURS, COLLEAGUE = "many", "off_hours", "colleague"
MANY_STUDENTS = 30  # in a day, without the own class
DAY_BEGINS, DAY_ENDS = 6, 21  # o'clock: outside these hours nobody is on duty


class Look(NamedTuple):
    """That somebody opened content about a student; ``at`` in Japan's time."""

    person: UUID
    student: UUID
    at: datetime


class FoundLooks(NamedTuple):
    """On this day this person looked at so many students in this way."""

    person: UUID
    on: date
    kind: str
    n_students: int


def unusual_looks(
    looks: Iterable[Look], *, own_class: Mapping[UUID, Collection[UUID]],
    of_staff: Mapping[UUID, Collection[UUID]],
) -> list[FoundLooks]:  # fmt: skip
    """What stands out, by day and person.

    ``own_class``: {person: the students of their own class}; ``of_staff``: {student: the members of
    staff whose child or relative they are}.
    """
    found: dict[tuple[UUID, date, str], set[UUID]] = defaultdict(set)
    for look in looks:
        day = look.at.date()
        is_own = look.student in own_class.get(look.person, ())
        if not is_own:
            found[look.person, day, MANY].add(look.student)
        if not (is_school_day(day) and DAY_BEGINS <= look.at.hour < DAY_ENDS):
            found[look.person, day, OFF_HOURS].add(look.student)
        if not is_own and set(of_staff.get(look.student, ())) - {look.person}:
            found[look.person, day, COLLEAGUE].add(look.student)
    counted = [FoundLooks(*key, len(students)) for key, students in found.items()]
    kept = [each for each in counted if each.kind != MANY or each.n_students >= MANY_STUDENTS]
    return sorted(kept, key=lambda each: (each.on, str(each.person), each.kind))
