"""Periodic tasks."""

from apps.core.periodic_work import periodic_task
from apps.mail.services import delivery, failures
from apps.mail.services.queue import SEND_DUE_TASK

send_due = periodic_task(SEND_DUE_TASK, delivery.send_due)
forget_old = periodic_task("mail.forget_old", failures.delete_old_failures)
