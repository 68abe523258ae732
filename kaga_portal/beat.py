"""Celery's beat with a heartbeat, which keeps working after the clock was set back."""

import logging
import time
from datetime import timedelta

from celery.beat import PersistentScheduler
from celery.utils.time import maybe_make_aware
from django.db import close_old_connections, connection

from apps.core import heartbeat

log = logging.getLogger(__name__)
CLOCK_TOLERANCE = timedelta(seconds=2)
OVERDUE_AGE = timedelta(days=2)  # further back than any interval of the schedule
HEARTBEAT_EVERY_S = 15.0


class Scheduler(PersistentScheduler):
    """The schedule kept in a file; last runs in the future count as due."""

    _beaten_at = float("-inf")

    def tick(self, *args, **kwargs) -> float:
        """Send what is due; returns the seconds until the next tick."""
        self._mend_future_runs()
        self._record_heartbeat()
        return min(super().tick(*args, **kwargs), HEARTBEAT_EVERY_S)

    def _mend_future_runs(self):
        """Make tasks due whose last run lies in the future: the clock was ahead when it was stored."""
        now = maybe_make_aware(self.app.now())
        ahead = [
            entry
            for entry in self.schedule.values()
            if maybe_make_aware(entry.last_run_at) > now + CLOCK_TOLERANCE
        ]
        if not ahead:
            return
        latest = max(maybe_make_aware(entry.last_run_at) for entry in ahead)
        for entry in ahead:
            entry.last_run_at = now - OVERDUE_AGE
        self._heap = None  # its times are from the wrong clock
        self.sync()
        seconds = (latest - now).total_seconds()
        log.error("the clock was set back by %.0f s; %s tasks are due now", seconds, len(ahead))
        _without_failing(heartbeat.note_clock_set_back)

    def _record_heartbeat(self):
        if time.monotonic() - self._beaten_at < HEARTBEAT_EVERY_S:
            return
        self._beaten_at = time.monotonic()
        _without_failing(heartbeat.note_run, heartbeat.SCHEDULER, HEARTBEAT_EVERY_S)


def _without_failing(note, *args):
    """Run it and log a failure: beat keeps waking the workers while the database is away."""
    try:
        if not connection.in_atomic_block:
            close_old_connections()  # a lost connection is reopened
        note(*args)
    except Exception as error:
        log.warning("beat could not note its life: %s", type(error).__name__)
