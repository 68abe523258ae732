"""Periodic tasks."""

from apps.audit.services.security_events import delete_old_security_events
from apps.core import form_keys
from apps.core.periodic_work import periodic_task
from apps.people.services import kept_out_people, long_breaks, pending_acts, staff_conflicts

follow_acts = periodic_task(
    "people.follow_acts",
    pending_acts.lapse_unconfirmed,
    long_breaks.carry_out_breaks,
    kept_out_people.carry_out_kept_out_people,
    staff_conflicts.carry_out_conflicts,
)
forget_form_keys = periodic_task("people.forget_form_keys", form_keys.delete_expired_keys)
forget_security_events = periodic_task("people.forget_security_events", delete_old_security_events)
