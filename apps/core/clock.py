"""Time as people here live it, and the nudge that makes the clock prompt."""

import logging
import zoneinfo
from datetime import date

from celery import current_app
from django.db import transaction
from django.utils import timezone

JST = zoneinfo.ZoneInfo("Asia/Tokyo")
log = logging.getLogger(__name__)


def today() -> date:
    """The date in Japan now, whatever the server's time zone."""
    return timezone.now().astimezone(JST).date()


def nudge(task_name: str) -> None:
    """Ask a worker, once this transaction commits, to run the named periodic task now.

    Only a hint: the rows are the queue and the beat schedule is the safety net, so a broker
    that is away costs promptness and nothing else.
    """
    transaction.on_commit(lambda: _send(task_name), robust=True)


def _send(task_name):
    try:
        current_app.send_task(task_name, retry=False, expires=60)
    except Exception as error:  # any broker's failure: kombu wraps but a few
        log.warning("nudge %s not sent: %s", task_name, type(error).__name__)
