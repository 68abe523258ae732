"""The clock reads the sources and deletes what is over."""

from celery import shared_task

from apps.file_jobs.services import jobs
from apps.linkage import services
from apps.linkage.services import file_handlers, self_info


@shared_task(name="linkage.sync_all")
def sync_all():
    services.sync_all()


@shared_task(name="linkage.follow_acts")
def follow_acts():
    services.follow_acts()


@shared_task(name="linkage.sweep")
def sweep():
    services.sweep()
    self_info.forget()


@shared_task(name="linkage.carry_self_info")
def carry_self_info():
    self_info.carry()


@shared_task(name=file_handlers.TASK, **jobs.LIMITS)
def read_files():
    """Read the next file that staff uploaded."""
    jobs.run_next(file_handlers.HANDLERS, file_handlers.TASK)
