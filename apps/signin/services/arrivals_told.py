"""What is told of an arrival: to the newcomer, the student, and another guardian who may know."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from apps.core import clock
from apps.people.models import Guardianship, Student, User
from apps.signin.models import ArrivalState, GuardianArrival

TOLD_FOR = timedelta(days=30)


def arrivals_of(user: User) -> list[GuardianArrival]:
    """The own arrivals that wait, or ended without a tie in the last thirty days, newest first."""
    mine = GuardianArrival.objects.filter(user=user.pk).exclude(state=ArrivalState.CONFIRMED)
    recent = Q(ended_at=None) | Q(ended_at__gt=clock.now() - TOLD_FOR)
    return list(mine.filter(recent).select_related("school").order_by("-arrived_at"))


def arrivals_waiting_as(user: User) -> QuerySet[GuardianArrival]:
    """The own arrivals that the school may still confirm."""
    return GuardianArrival.objects.waiting().filter(user=user.pk)


def told_to_student(student: Student) -> list[GuardianArrival]:
    """The arrivals at this student's guardians that wait or ended in the last thirty days."""
    return list(_recent(student.guardianships.current()).order_by("-arrived_at"))


def told_to_guardian(user: User) -> list[GuardianArrival]:
    """Other guardians of the own children who are in and agreed that this is told."""
    children = Guardianship.objects.current().filter(guardian__user=user.pk).values("student")
    beside = Guardianship.objects.current().filter(student__in=children)
    found = _recent(beside).filter(tells_others=True, state=ArrivalState.CONFIRMED)
    return list(found.exclude(user=user.pk).order_by("-arrived_at"))


def _recent(ties):
    recent = Q(ended_at=None) | Q(ended_at__gt=clock.now() - TOLD_FOR)
    found = GuardianArrival.objects.filter(recent, guardian__in=ties.values("guardian"))
    return found.select_related("guardian")
