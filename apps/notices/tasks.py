"""The clock's door."""

from celery import shared_task

from apps.notices import services


@shared_task(name="notices.publish_due")
def publish_due():
    services.publish_due()
