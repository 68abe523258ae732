"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.push.services import broadcasts

deliver_due = periodic_task("push.deliver_due", broadcasts.deliver_due)
forget_old = periodic_task("push.forget_old", broadcasts.delete_old_broadcasts)
