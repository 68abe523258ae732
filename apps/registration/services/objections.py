"""Which newcomers another guardian says should not be there."""

from collections.abc import Iterable
from uuid import UUID

from apps.registration.models import GuardianObjection


def objected_ids(registration_ids: Iterable[UUID]) -> set[UUID]:
    """The registrations among these about which somebody objected and nobody has looked yet."""
    found = GuardianObjection.objects.filter(
        registration__in=list(registration_ids), looked_at=None
    )
    return set(found.values_list("registration", flat=True))
