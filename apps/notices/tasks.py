"""The clock's door."""

from celery import shared_task

from apps.core.heartbeat import beat
from apps.notices import services


@shared_task(name="notices.publish_due")
def publish_due(every_s=None):
    services.publish_due()
    beat("notices.publish_due", every_s)


@shared_task(name="notices.follow_acts")
def follow_acts():
    services.follow_acts()
