"""The clock's door."""

from celery import shared_task

from apps.push import services


@shared_task(name="push.deliver_due")
def deliver_due():
    services.deliver_due()


@shared_task(name="push.forget_old")
def forget_old():
    services.forget_old()
