"""Periodic tasks of rosters."""

from datetime import timedelta
from functools import partial

from apps.core import clock
from apps.core.periodic_work import periodic_task
from apps.file_jobs.services import jobs
from apps.roster.services import imports
from apps.roster.services.roster_jobs import HANDLERS, READ_TASK


def _drop_old_drafts() -> None:
    """Drop checked rosters that nobody decided about for a day."""
    imports.drop_old_drafts(clock.now() - timedelta(days=1))


read_files = periodic_task(READ_TASK, partial(jobs.run_next, HANDLERS, READ_TASK), **jobs.LIMITS)
drop_old_drafts = periodic_task("roster.drop_old_drafts", _drop_old_drafts)
