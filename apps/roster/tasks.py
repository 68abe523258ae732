"""Periodic tasks of rosters."""

from datetime import timedelta

from celery import shared_task

from apps.core import clock
from apps.file_jobs.services import jobs
from apps.roster.services import imports, roster_jobs


@shared_task(name=roster_jobs.READ_TASK, **jobs.LIMITS)
def read_files():
    """Read the next roster that staff uploaded."""
    jobs.run_next(roster_jobs.HANDLERS, roster_jobs.READ_TASK)


@shared_task(name="roster.drop_old_drafts")
def drop_old_drafts():
    """Drop checked rosters that nobody decided about for a day."""
    imports.drop_old_drafts(clock.now() - timedelta(days=1))
