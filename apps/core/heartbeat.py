"""Whether the clock and the workers are alive, so that no page promises what nobody does."""

from collections.abc import Iterable
from datetime import timedelta

from apps.core import clock
from apps.core.models import Heartbeat

INTERVALS = 3  # so many may be missed
LONGEST_TASK = timedelta(seconds=90)  # for which all workers may be busy with others


def beat(name: str, every_s: float | None) -> None:
    """Note that the periodic task ``name`` has run to its end.

    ``every_s`` is its interval, which only the clock's schedule passes: a run that somebody asked
    for says nothing about the clock, and is not noted.
    """
    if every_s is None:
        return
    now = clock.now()
    late_at = now + timedelta(seconds=INTERVALS * every_s) + LONGEST_TASK
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=now, late_at=late_at)],
        update_conflicts=True, unique_fields=["name"], update_fields=["beat_at", "late_at"],
    )  # fmt: skip


def late_among(names: Iterable[str]) -> set[str]:
    """Those of the periodic tasks that should have run by now and have not."""
    names = set(names)
    alive = Heartbeat.objects.filter(name__in=names, late_at__gt=clock.now())
    return names - set(alive.values_list("name", flat=True))
