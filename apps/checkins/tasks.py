"""The clock's door."""

from celery import shared_task

from apps.checkins import services


@shared_task(name="checkins.sweep")
def sweep():
    """Delete what a withdrawal left unreadable."""
    services.sweep()


@shared_task(name="checkins.follow_acts")
def follow_acts():
    services.follow_acts()
