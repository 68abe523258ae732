"""The clock's entry point."""

from celery import shared_task

from apps.core.heartbeat import beat
from apps.mail.services import failures, sending
from apps.mail.services.queueing import SEND_DUE


@shared_task(name=SEND_DUE)
def send_due(every_s=None):
    """Send the mails that wait."""
    sending.send_due()
    beat(SEND_DUE, every_s)


@shared_task(name="mail.forget_old")
def forget_old():
    """Delete what was given up long ago."""
    failures.forget_old()
