"""Periodic tasks."""

from celery import shared_task

from apps.audit.services.security_events import delete_old_security_events
from apps.core import form_keys
from apps.people.services import long_breaks, pending_acts


@shared_task(name="people.follow_acts")
def follow_acts():
    """Stop acts that nobody confirmed in time; save confirmed breaks."""
    pending_acts.lapse_unconfirmed()
    long_breaks.carry_out_breaks()


@shared_task(name="people.forget_form_keys")
def forget_form_keys():
    """Delete one-time form keys that have expired."""
    form_keys.delete_expired_keys()


@shared_task(name="people.forget_security_events")
def forget_security_events():
    """Delete security events that have been kept long enough."""
    delete_old_security_events()
