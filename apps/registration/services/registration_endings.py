"""Ends registrations: confirmed, refused, or lapsed because nobody confirmed them in time."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from apps.core import clock
from apps.people.models import Guardianship
from apps.people.models.guardians import GuardianshipQuerySet
from apps.registration.models import GuardianRegistration, RegistrationState
from apps.registration.models.registrations import RegistrationQuerySet


def unconfirmed_guardianships_of(ids: Iterable[UUID]) -> GuardianshipQuerySet:
    """The unconfirmed guardianships of these registrations (ids) with a child letter."""
    registered = GuardianRegistration.objects.filter(
        pk__in=ids, student=OuterRef("student"), guardian=OuterRef("guardian")
    )
    return Guardianship.objects.unconfirmed().filter(Exists(registered))


def end_registrations(ids: Iterable[UUID], state: RegistrationState, **fields: Any) -> int:
    """End these waiting registrations and, unless confirmed, their guardianships; returns how many."""
    now = clock.now()
    waiting = GuardianRegistration.objects.filter(pk__in=ids, state=RegistrationState.WAITING)
    n_ended = waiting.update(state=state, ended_at=now, **fields)
    if state != RegistrationState.CONFIRMED:
        unconfirmed_guardianships_of(ids).update(ended_at=now)
    return n_ended


def lapse(overdue: RegistrationQuerySet) -> int:
    """End overdue registrations; returns how many."""
    return end_registrations(list(overdue.values_list("pk", flat=True)), RegistrationState.LAPSED)


def lapse_unconfirmed() -> int:
    """End the registrations that nobody confirmed in time; returns how many."""
    return lapse(GuardianRegistration.objects.overdue())
