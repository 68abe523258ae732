"""The clock's door."""

from celery import shared_task

from apps.audit.services import forget_old
from apps.core import form_keys
from apps.people import long_breaks, pending_acts


@shared_task(name="people.follow_acts")
def follow_acts():
    """End acts that nobody confirmed in time; put agreed breaks into the calendar."""
    pending_acts.lapse_unconfirmed()
    long_breaks.follow_acts()


@shared_task(name="people.forget_form_keys")
def forget_form_keys():
    """Delete the one-time keys of forms that are too old to be taken."""
    form_keys.forget_old()


@shared_task(name="people.forget_security_events")
def forget_security_events():
    """Delete security events that have been kept long enough."""
    forget_old()
