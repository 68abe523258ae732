"""Whom a broadcast is for: always *all* enrolled students of a municipality, schools or grades."""

from dataclasses import asdict, dataclass
from typing import Self

from django.db.models import BooleanField, Exists, Func, OuterRef, Q

from apps.people.audiences import StudentAudience
from apps.people.models import Guardianship


@dataclass(frozen=True)
class BroadcastAudience(StudentAudience):
    """The students of a broadcast, and their guardians if wanted.

    It is stored as JSON and looked up by the worker, so that requesting a broadcast costs the same
    for 250 students and for a million.
    """

    with_guardians: bool = False

    def as_json(self) -> dict:
        """The JSON that the broadcast's row stores."""
        return {
            **asdict(self),
            "municipality_id": str(self.municipality_id),
            "school_ids": [str(pk) for pk in self.school_ids],
            "grades": list(self.grades),
        }

    @classmethod
    def from_json(cls, stored: dict) -> Self:
        """The audience that ``as_json`` stored."""
        return cls(**stored)


class _AskedOfEach(Func):
    """A condition that PostgreSQL evaluates for each row and never turns into a join.

    While its statistics do not know the devices yet (all of them came today), it expects one, and a
    join of 6,000 with a million students would read the million 6,000 times.
    """

    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


def audience_subscriptions(audience):
    """A Q on subscriptions: the devices of an audience (JSON of a BroadcastAudience)."""
    students = BroadcastAudience.from_json(audience).students().order_by()
    who = Q(_AskedOfEach(Exists(students.filter(user=OuterRef("user")))))
    if audience["with_guardians"]:
        guardianships = _guardianships(students).filter(guardian__user=OuterRef("user"))
        who |= Q(_AskedOfEach(Exists(guardianships)))
    return who


def count_audience(audience):
    """How many people an audience (JSON) has, whether or not they have an account or a device."""
    students = BroadcastAudience.from_json(audience).students().order_by()
    n = students.count()
    if audience["with_guardians"]:
        n += _guardianships(students).values("guardian").distinct().count()
    return n


def _guardianships(students):
    return Guardianship.objects.current().filter(student__in=students)
