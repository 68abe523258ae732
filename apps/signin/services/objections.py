"""Which newcomers another guardian says should not be there."""

from collections.abc import Iterable
from uuid import UUID

from apps.signin.models import GuardianObjection


def objected_ids(arrival_ids: Iterable[UUID]) -> set[UUID]:
    """The arrivals among these about which somebody objected and nobody has looked yet."""
    found = GuardianObjection.objects.filter(arrival__in=list(arrival_ids), looked_at=None)
    return set(found.values_list("arrival", flat=True))
