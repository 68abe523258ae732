"""Makes the Celery tasks that the schedule names (kaga_portal.schedule)."""

from collections.abc import Callable
from typing import Any

from celery import shared_task

from apps.core.heartbeat import note_run
from apps.core.municipality_scope import everywhere


def periodic_task(name: str, *steps: Callable[[], object], **options: Any) -> Any:
    """A task that calls the steps in their order, for all municipalities; ``options`` are Celery's.

    Why it looks across them is said in ``settings.ACROSS_MUNICIPALITIES``; raises LookupError where it
    is not.

    The scheduler passes ``every_s`` (seconds) to a task whose last run is recorded
    (core.heartbeat): it is noted when the last step has ended.
    """

    def run(every_s: float | None = None) -> None:
        with everywhere(name):
            for step in steps:
                step()
            note_run(name, every_s)

    everywhere(name)  # refused when it is made, not when it runs
    return shared_task(name=name, **options)(run)
