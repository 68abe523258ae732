"""The clock's door."""

from celery import shared_task

from apps.core.heartbeat import beat
from apps.file_jobs.services import jobs
from apps.notices import services
from apps.notices.services import file_handlers


@shared_task(name="notices.publish_due")
def publish_due(every_s=None):
    services.publish_due()
    beat("notices.publish_due", every_s)


@shared_task(name="notices.follow_acts")
def follow_acts():
    services.follow_acts()


@shared_task(name=file_handlers.TASK, **jobs.LIMITS)
def read_files():
    """Read the next table of the directory that staff uploaded, or take it in."""
    jobs.run_next(file_handlers.HANDLERS, file_handlers.TASK)
