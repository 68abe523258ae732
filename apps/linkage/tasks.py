"""Celery tasks of linked data: read the sources, delete expired records."""

from celery import shared_task

from apps.file_jobs.services import jobs
from apps.linkage.services import deletion, file_handlers, record_loss, sync_runs


@shared_task(name="linkage.sync_all")
def sync_all():
    sync_runs.sync_all()


@shared_task(name="linkage.follow_acts")
def follow_acts():
    record_loss.follow_acts()


@shared_task(name="linkage.sweep")
def sweep():
    deletion.delete_expired_records()


@shared_task(name=file_handlers.READ_TASK, **jobs.LIMITS)
def read_files():
    """Read the next file that staff uploaded."""
    jobs.run_next(file_handlers.HANDLERS, file_handlers.READ_TASK)
