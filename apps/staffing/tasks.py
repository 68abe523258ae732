"""What the clock does with posts."""

from celery import shared_task

from apps.staffing.services import appointments, renewals


@shared_task(name="staffing.follow_acts")
def follow_acts():
    """Carry out what a second person agreed to, put back what was stopped."""
    appointments.apply_post_acts()


@shared_task(name="staffing.sweep_posts")
def sweep_posts():
    """Posts that a date or a missed renewal ends, or would leave without a holder."""
    renewals.sweep_renewals()
