"""Celery tasks of notices."""

from celery import shared_task

from apps.core.heartbeat import note_run
from apps.file_jobs.services import jobs
from apps.notices.services import file_handlers, hidden_content, publication


@shared_task(name="notices.publish_due")
def publish_due(every_s=None):
    publication.publish_due()
    note_run("notices.publish_due", every_s)


@shared_task(name="notices.follow_acts")
def follow_acts():
    hidden_content.follow_acts()


@shared_task(name=file_handlers.READ_TASK, **jobs.LIMITS)
def read_files():
    """Compare or import the next table of the directory that staff uploaded."""
    jobs.run_next(file_handlers.HANDLERS, file_handlers.READ_TASK)
