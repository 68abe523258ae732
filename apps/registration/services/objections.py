"""Which registrations another guardian has objected to."""

from collections.abc import Iterable
from uuid import UUID

from apps.registration.models import GuardianObjection


def objected_ids(registration_ids: Iterable[UUID]) -> set[UUID]:
    """The registrations among these with an open objection."""
    found = GuardianObjection.objects.filter(
        registration__in=list(registration_ids), looked_at=None
    )
    return set(found.values_list("registration", flat=True))
