"""Makes the Celery tasks that the schedule names (kaga_portal.schedule)."""

from collections.abc import Callable
from typing import Any

from celery import shared_task

from apps.core.heartbeat import note_run


def periodic_task(name: str, *steps: Callable[[], object], **options: Any) -> Any:
    """A task that calls the steps in their order; ``options`` are Celery's.

    The scheduler passes ``every_s`` (seconds) to a task whose last run is recorded
    (core.heartbeat): it is noted when the last step has ended.
    """

    def run(every_s: float | None = None) -> None:
        for step in steps:
            step()
        note_run(name, every_s)

    return shared_task(name=name, **options)(run)
