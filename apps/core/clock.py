"""Time as people here live it, and the nudge that makes the clock prompt."""

import logging
import time
import zoneinfo
from datetime import date
from functools import cache
from types import SimpleNamespace

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.pools import producers

JST = zoneinfo.ZoneInfo("Asia/Tokyo")
log = logging.getLogger(__name__)
PATIENCE_S = 1.0
PAUSE_S = 5.0  # for which a broker that did not answer is left alone


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
    """Never raises and never waits long: somebody's answer is already kept and is told so."""
    if time.monotonic() < _away.until:
        return
    try:
        with producers[_line(str(current_app.conf.broker_url))].acquire(
            block=True, timeout=PATIENCE_S
        ) as producer:
            current_app.send_task(task_name, producer=producer, retry=False, expires=60)
    except Exception as error:  # any broker's failure: kombu wraps but a few
        _away.until = time.monotonic() + PAUSE_S
        log.warning("nudge %s not sent: %s", task_name, type(error).__name__)


@cache
def _line(address):
    """The broker at this address as a nudge speaks to it: at once or not at all.

    With the options of the workers a broker that is gone would hold each request for six seconds
    (kombu tries again by itself), and one that hangs for half a minute.
    """
    line = current_app.connection_for_write(address)
    short = {"socket_timeout": PATIENCE_S, "socket_connect_timeout": PATIENCE_S, "max_retries": 0}
    line.transport_options = {**line.transport_options, **short}
    return line


_away = SimpleNamespace(until=0.0)
