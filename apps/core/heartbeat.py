"""Whether the scheduler and the workers are alive, so that no page promises what nobody does."""

from collections.abc import Iterable
from datetime import timedelta

from apps.core import clock
from apps.core.models import Heartbeat

SCHEDULER = "beat"  # the name of the scheduler's own heartbeat
CLOCK_SET_BACK = "clock set back"
BACKUP = "backup"
REPORTED_FOR = timedelta(days=1)  # how long staff see that a clock was set back
CLOCK_TOLERANCE = timedelta(minutes=1)  # how far ahead the clock of the noting process may be
MISSED_INTERVALS = 3  # how many runs may be missed
LONGEST_TASK = timedelta(seconds=90)  # how long all workers may be busy with other tasks


def note_run(name: str, every_s: float | None) -> None:
    """Note that the periodic task ``name`` has run to its end.

    ``every_s`` is its interval, which only the scheduler passes: a run on request says nothing
    about the scheduler, and is not noted.
    """
    if every_s is None:
        return
    _note(name, timedelta(seconds=MISSED_INTERVALS * every_s) + LONGEST_TASK)


def late_tasks(names: Iterable[str]) -> set[str]:
    """Those of the periodic tasks that should have run by now and have not.

    A run dated in the future was noted before the database's clock was set back: it says nothing.
    """
    names, now = set(names), clock.now()
    alive = Heartbeat.objects.filter(
        name__in=names, late_at__gt=now, beat_at__lte=now + CLOCK_TOLERANCE
    )
    return names - set(alive.values_list("name", flat=True))


def note_backup(good_for: timedelta) -> None:
    """Note that a backup was made; the next one is late after ``good_for``."""
    _note(BACKUP, good_for)


def is_backup_late() -> bool:
    """Whether the last backup is older than it was good for, or there was none."""
    return bool(late_tasks([BACKUP]))


def note_clock_set_back() -> None:
    """Note that the scheduler's clock was set back; staff see it for a day."""
    _note(CLOCK_SET_BACK, REPORTED_FOR)


def was_clock_set_back() -> bool:
    """Whether that was noted within the last day."""
    return Heartbeat.objects.filter(name=CLOCK_SET_BACK, late_at__gt=clock.now()).exists()


def _note(name, lasts):
    now = clock.now()
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beat_at=now, late_at=now + lasts)],
        update_conflicts=True, unique_fields=["name"], update_fields=["beat_at", "late_at"],
    )  # fmt: skip
