"""What is told of an arrival to the newcomer; what others are told: ``family_told``."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from apps.core import clock
from apps.people.models import User
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
