"""Whom a broadcast is for: always *all* enrolled students of a municipality, schools or grades."""

from dataclasses import asdict, dataclass

from django.db.models import BooleanField, Exists, Func, OuterRef, Q

from apps.people.models import Guardianship, Student


@dataclass(frozen=True)
class BroadcastAudience:
    """All enrolled students of a municipality; schools and grades (empty: all) narrow it.

    It is stored as JSON and looked up by the worker, so that requesting a broadcast costs the same
    for 250 students and for a million.
    """

    municipality_id: str
    school_ids: tuple = ()
    grades: tuple = ()
    with_guardians: bool = False

    def as_json(self):
        """The JSON that the broadcast's row stores."""
        return {
            **asdict(self),
            "municipality_id": str(self.municipality_id),
            "school_ids": [str(pk) for pk in self.school_ids],
            "grades": list(self.grades),
        }


def audience_students(audience):
    """The enrolled students that the JSON of a BroadcastAudience names."""
    found = Student.objects.enrolled().filter(municipality=audience["municipality_id"])
    if audience["school_ids"]:
        found = found.filter(school__in=audience["school_ids"])
    return found.filter(grade__in=audience["grades"]) if audience["grades"] else found


class _AskedOfEach(Func):
    """A condition that PostgreSQL evaluates for each row and never turns into a join.

    While its statistics do not know the devices yet (all of them came today), it expects one, and a
    join of 6,000 with a million students would read the million 6,000 times.
    """

    template = "(%(expressions)s) IS TRUE"
    output_field = BooleanField()


def audience_subscriptions(audience):
    """A Q on subscriptions: the devices of these students, and of their guardians if wanted."""
    students = audience_students(audience).order_by()
    who = Q(_AskedOfEach(Exists(students.filter(user=OuterRef("user")))))
    if audience["with_guardians"]:
        ties = _guardianships(students).filter(guardian__user=OuterRef("user"))
        who |= Q(_AskedOfEach(Exists(ties)))
    return who


def count_audience(audience):
    """How many people the audience has, whether or not they have an account or a device."""
    students = audience_students(audience).order_by()
    n = students.count()
    if audience["with_guardians"]:
        n += _guardianships(students).values("guardian").distinct().count()
    return n


def _guardianships(students):
    return Guardianship.objects.current().filter(student__in=students)
