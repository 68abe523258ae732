"""Homes that have no confirmed guardian who may decide, and what was tried. Never why."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q

from apps.people.decision_age import not_deciding_alone
from apps.people.models import Guardianship, SchoolClass, Student, User
from apps.people.permissions import students_where
from apps.registration.models import GuardianRegistration, PrintedCode

VERB = "guardians.missing"


@dataclass(frozen=True)
class MissingHome:
    """One student without a confirmed guardian; what was tried, in order."""

    student: Student
    is_printed: bool
    is_opened: bool  # somebody registered with a letter, whatever the result
    is_waiting: bool  # the school has not confirmed them yet


def students_without_guardian(user: User):
    """The students (a queryset) within reach for whom no guardian with an account decides.

    Only until sixteen: afterwards no guardian is asked.
    """
    known = Student.objects.enrolled().filter(students_where(user, VERB), not_deciding_alone())
    confirmed = Guardianship.objects.deciding().filter(
        student=OuterRef("pk"), guardian__user__isnull=False, guardian__left_at=None
    )
    return known.filter(~Exists(confirmed)).distinct()


def homes_without_guardian(of_class: SchoolClass, user: User) -> list[MissingHome]:
    """The homes of a class without a confirmed guardian, by number; the query count is constant."""
    printed = PrintedCode.objects.filter(
        Q(invitation__student=OuterRef("pk"))
        | Q(invitation__guardian__in=_guardians_of(OuterRef(OuterRef("pk"))))
    )
    registered = GuardianRegistration.objects.filter(
        Q(student=OuterRef("pk"))
        | Q(student=None, guardian__in=_guardians_of(OuterRef(OuterRef("pk"))))
    )
    found = students_without_guardian(user).filter(home_class=of_class).annotate(
        printed=Exists(printed), opened=Exists(registered),
        waiting=Exists(registered.filter(pk__in=GuardianRegistration.objects.waiting().values("pk"))),
    )  # fmt: skip
    return [
        MissingHome(each, each.printed, each.opened, each.waiting)
        for each in found.order_by("attendance_number", "pk")
    ]


def count_missing(user: User) -> int:
    """The number of these homes, for きょう."""
    return students_without_guardian(user).count()


def _guardians_of(student):
    return Guardianship.objects.named().filter(student=student).values("guardian")
