"""What newcomers see of their own registrations; for others see ``family_registrations``."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from apps.core import clock
from apps.people.models import User
from apps.registration.models import GuardianRegistration, RegistrationState

SHOWN_FOR = timedelta(days=30)


def recent_registrations_of(user: User) -> list[GuardianRegistration]:
    """One's own registrations that wait, or that ended unconfirmed in the last thirty days, newest
    first.
    """
    own = GuardianRegistration.objects.filter(user=user.pk).exclude(
        state=RegistrationState.CONFIRMED
    )
    recent = Q(ended_at=None) | Q(ended_at__gt=clock.now() - SHOWN_FOR)
    return list(own.filter(recent).select_related("school").order_by("-registered_at"))


def waiting_registrations_of(user: User) -> QuerySet[GuardianRegistration]:
    """One's own registrations that the school may still confirm."""
    return GuardianRegistration.objects.waiting().filter(user=user.pk)
