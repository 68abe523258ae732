"""Celery tasks of push messages."""

from celery import shared_task

from apps.core.heartbeat import note_run
from apps.push.services import broadcasts


@shared_task(name="push.deliver_due")
def deliver_due(every_s=None):
    broadcasts.deliver_due()
    note_run("push.deliver_due", every_s)


@shared_task(name="push.forget_old")
def forget_old():
    broadcasts.delete_old_broadcasts()
