"""The clock's door."""

from celery import shared_task

from apps.core.heartbeat import beat
from apps.push import services


@shared_task(name="push.deliver_due")
def deliver_due(every_s=None):
    services.deliver_due()
    beat("push.deliver_due", every_s)


@shared_task(name="push.forget_old")
def forget_old():
    services.forget_old()
