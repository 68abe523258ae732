"""Time by the database's clock, today's date in Japan, and waking a worker for a periodic task.

What is due, leased or locked is decided by many processes on several machines. Their own clocks may
differ by hours; the database's is one for all.
"""

import logging
import time
from datetime import date, datetime, timedelta
from functools import cache
from types import SimpleNamespace

from celery import current_app
from django.db import Error, connection, transaction
from django.utils import timezone
from kombu.pools import producers
from psycopg.pq import TransactionStatus

from apps.core.time_zone import JST

log = logging.getLogger(__name__)
CONNECT_TIMEOUT_S = 1.0
PAUSE_S = 5.0  # pause after which an unanswering broker is tried again
MEASURE_EVERY_S = 60.0  # how long one reading of the database's clock is extrapolated
ASKABLE_STATUSES = {TransactionStatus.IDLE, TransactionStatus.INTRANS, TransactionStatus.UNKNOWN}


def now() -> datetime:
    """The time now (aware) by the database's clock, asked at most once a minute a process."""
    return _state.source()


def today() -> date:
    """The date in Japan now, whatever the server's time zone."""
    return now().astimezone(JST).date()


def database_time() -> datetime:
    """The database's time, extrapolated from the last reading by the monotonic clock.

    This process's own time where the database has never answered.
    """
    moment, at = _state.measured
    if moment is None or time.monotonic() - at > MEASURE_EVERY_S:
        moment, at = _measured() or _state.measured
        _state.measured = moment, at
    if moment is None:
        return timezone.now()
    return moment + timedelta(seconds=time.monotonic() - at)


def reset_measurement():
    """Read the database's clock again at the next call."""
    _state.measured = None, 0.0


def _measured():
    """(the database's time, the monotonic clock then), or None where it cannot be asked just now."""
    try:
        connection.ensure_connection()
        if connection.connection.info.transaction_status not in ASKABLE_STATUSES:
            return None  # rows are streaming, or the transaction is broken
        with connection.cursor() as cursor:
            cursor.execute("SELECT clock_timestamp()")
            (moment,) = cursor.fetchone()
        return moment, time.monotonic()
    except Error as error:
        log.warning("the database's clock was not read: %s", type(error).__name__)
        return None


_state = SimpleNamespace(source=database_time, measured=(None, 0.0))


def wake_worker(task_name: str) -> None:
    """Ask a worker, once this transaction commits, to run the named periodic task now.

    Only a hint: the rows are the queue and the beat schedule is the safety net, so a missing broker
    costs promptness and nothing else.
    """
    transaction.on_commit(lambda: _send(task_name), robust=True)


def _send(task_name):
    """Never raises and never waits long: the person's answer is already stored and shown."""
    if time.monotonic() < _away.until:
        return
    try:
        with producers[_broker_connection(str(current_app.conf.broker_url))].acquire(
            block=True, timeout=CONNECT_TIMEOUT_S
        ) as producer:
            current_app.send_task(task_name, producer=producer, retry=False, expires=60)
    except Exception as error:  # any broker's failure: kombu wraps but a few
        _away.until = time.monotonic() + PAUSE_S
        log.warning("wake-up for %s not sent: %s", task_name, type(error).__name__)


@cache
def _broker_connection(address):
    """A connection to the broker that sends at once or not at all.

    With the options of the workers a broker that is gone would hold each request for six seconds
    (kombu retries by itself), and one that hangs for half a minute.
    """
    line = current_app.connection_for_write(address)
    short = {
        "socket_timeout": CONNECT_TIMEOUT_S,
        "socket_connect_timeout": CONNECT_TIMEOUT_S,
        "max_retries": 0,
    }
    line.transport_options = {**line.transport_options, **short}
    return line


_away = SimpleNamespace(until=0.0)
