"""Whether this portal can serve, and which parts of it fail.

A load balancer reads the status: 503 takes the site from everybody, so only parts that every page
needs give it. Other failing parts are named, for monitoring.
"""

from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse

from apps.core import heartbeat
from apps.mail.services.failures import is_mail_leaving
from apps.vault.services import share_store
from kaga_portal.schedule import HEARTBEAT_TASKS
from kaga_portal.task_queues import QUEUES, TASKS_OF_QUEUES

CHECK_TIMEOUT_S = 1


@dataclass(frozen=True)
class ReadinessCheck:
    """One part: its name, its check, and whether every page needs it."""

    name: str
    is_well: Callable[[], bool]
    is_needed: bool = False


@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """200 ready, 200 degraded or 503 not ready, as JSON with the names of the failing parts."""
    failing, degraded = failing_parts(READINESS_CHECKS)
    status = "not ready" if failing else "degraded" if degraded else "ready"
    content = {"status": status, "failing": failing, "degraded": degraded}
    return JsonResponse(content, status=503 if failing else 200)


def failing_parts(checks: list[ReadinessCheck]) -> tuple[list[str], list[str]]:
    """The names of the failing parts that are needed, and of the others.

    Where a needed part fails the others are not checked: they could only wait for it.
    """
    failing = [check.name for check in checks if check.is_needed and not _is_well(check)]
    if failing:
        return failing, []
    return [], [check.name for check in checks if not check.is_needed and not _is_well(check)]


def _is_well(check):
    try:
        return check.is_well()
    except Exception:  # whatever it is, the part does not work
        return False


def _database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _cache():
    cache.set("readyz", 1, 5)
    return cache.get("readyz") == 1


def _broker():
    with redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=CHECK_TIMEOUT_S, socket_connect_timeout=CHECK_TIMEOUT_S
    ) as server:
        return server.ping()


def _shares():
    return share_store.store_problem() is None


def _beat():
    return not heartbeat.late_tasks([heartbeat.SCHEDULER])


def _clock():
    return not heartbeat.was_clock_set_back()


def _backup():
    return not (settings.BACKUP_EVERY_HOURS and heartbeat.is_backup_late())


def _worker(queue):
    """The check of the workers of one queue: whether its periodic tasks complete."""
    names = [name for name in HEARTBEAT_TASKS if name in TASKS_OF_QUEUES[queue]]
    return ReadinessCheck(f"worker:{queue}", lambda: not heartbeat.late_tasks(names))


# A new part is a new line here.
READINESS_CHECKS = [
    ReadinessCheck("database", _database, is_needed=True),
    ReadinessCheck("cache", _cache),
    ReadinessCheck("broker", _broker),
    ReadinessCheck("shares", _shares),
    ReadinessCheck("beat", _beat),
    *map(_worker, QUEUES),
    ReadinessCheck("clock", _clock),
    ReadinessCheck("mail", is_mail_leaving),
    ReadinessCheck("backup", _backup),
]
