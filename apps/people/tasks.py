"""The clock's door."""

from celery import shared_task

from apps.people import long_breaks


@shared_task(name="people.follow_acts")
def follow_acts():
    """Put the breaks into the calendar that a second person agreed to."""
    long_breaks.follow_acts()
