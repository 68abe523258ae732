"""Periodic tasks of mail."""

from celery import shared_task

from apps.core.heartbeat import note_run
from apps.mail.services import delivery, failures
from apps.mail.services.queue import SEND_DUE_TASK


@shared_task(name=SEND_DUE_TASK)
def send_due(every_s=None):
    """Send the mails that wait."""
    delivery.send_due()
    note_run(SEND_DUE_TASK, every_s)


@shared_task(name="mail.forget_old")
def forget_old():
    """Delete failures that are old."""
    failures.delete_old_failures()
