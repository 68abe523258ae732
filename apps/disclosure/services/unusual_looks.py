"""Finds the looks of staff outside their duty pattern, once a week, and forgets them after a year."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.models import Action, AuditEvent
from apps.audit.models.audit_events import month_of
from apps.core import sweeps
from apps.core.clock import JST, today
from apps.core.time_zone import midnight
from apps.disclosure.models import UnusualLook
from apps.disclosure.unusual_look_rules import Look, unusual_looks
from apps.people.models import Guardianship, Role, StaffConflict, StaffPost, Student, User
from apps.people.permissions import municipalities_where
from apps.people.services.person_accounts import accounts_of_person

VIEW_VERB = "audit.view"
LOOKED_AT = timedelta(days=7)
KEPT_FOR = timedelta(days=365)
DELETE_TIME_S = 10.0


def find_unusual_looks() -> int:
    """Note what stood out in the last seven whole days; how many rows. Twice is once."""
    begins = today() - LOOKED_AT
    looks: dict[UUID, list[Look]] = defaultdict(list)
    for municipality_id, look in _looks(begins, today()):
        looks[municipality_id].append(look)
    everybody = [look for of_city in looks.values() for look in of_city]
    own_class = _own_class({look.person for look in everybody})
    of_staff = _of_staff({look.student for look in everybody})
    rows = [
        UnusualLook(
            municipality_id=municipality_id, person_id=found.person, on=found.on, kind=found.kind,
            n_students=found.n_students,
        )
        for municipality_id, of_city in looks.items()
        for found in unusual_looks(of_city, own_class=own_class, of_staff=of_staff)
    ]  # fmt: skip
    UnusualLook.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def forget_old_looks() -> sweeps.SweepResult:
    """Delete what is older than a year."""
    old = UnusualLook.objects.filter(on__lt=today() - KEPT_FOR)
    return sweeps.delete_due(old, seconds=DELETE_TIME_S)


def unusual_looks_for(user: User) -> QuerySet[UnusualLook]:
    """What this person may read: the privacy officer of the municipality, not about themselves."""
    cities = municipalities_where(user, VIEW_VERB)
    return UnusualLook.objects.filter(municipality__in=cities).exclude(
        person__in=accounts_of_person(user)
    )


def _looks(begins: date, ends: date) -> Iterator[tuple[UUID, Look]]:
    """(municipality, Look) of every content that staff opened from one day to before the other."""
    start, end = midnight(begins), midnight(ends)
    events = AuditEvent.objects.filter(
        at__gte=start, at__lt=end, month__in=range(month_of(start), month_of(end) + 1),
        action=Action.SEALED_OPENED, actor_role__in=Role.values,
    ).exclude(subject_id=None).exclude(actor=None)  # fmt: skip
    rows = events.values_list("municipality_id", "actor_id", "subject_id", "at")
    for municipality_id, person, student, at in rows.iterator(chunk_size=2000):
        yield municipality_id, Look(person, student, at.astimezone(JST))


def _own_class(people: set[UUID]) -> dict[UUID, set[UUID]]:
    """{homeroom teacher: the students of their classes}."""
    posts = StaffPost.objects.current().filter(user__in=people).exclude(school_class=None)
    of_class: dict[UUID, set[UUID]] = defaultdict(set)
    classes = list(posts.values_list("user", "school_class"))
    homes = Student.objects.filter(home_class__in={school_class for _, school_class in classes})
    for student, home_class in homes.values_list("pk", "home_class"):
        of_class[home_class].add(student)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for person, school_class in classes:
        found[person] |= of_class[school_class]
    return found


def _of_staff(students: set[UUID]) -> dict[UUID, set[UUID]]:
    """{student: the members of staff whose child or relative they are}."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    staff = StaffPost.objects.current().values("user")
    guardians = Guardianship.objects.filter(student__in=students, guardian__user__in=staff)
    by_hand = StaffConflict.objects.in_force().filter(student__in=students)
    for student, person in (
        *guardians.values_list("student", "guardian__user"),
        *by_hand.values_list("student", "person"),
    ):
        found[student].add(person)
    return found
