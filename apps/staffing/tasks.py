"""Periodic tasks of posts."""

from celery import shared_task

from apps.staffing.services import appointments, renewals


@shared_task(name="staffing.follow_acts")
def follow_acts():
    """Carry out the acts that a second person agreed to; undo those that were stopped."""
    appointments.apply_post_acts()


@shared_task(name="staffing.sweep_posts")
def sweep_posts():
    """End unrenewed and expired posts; keep the last holders."""
    renewals.sweep_renewals()
