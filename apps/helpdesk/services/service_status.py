"""What of the portal does not work now, in words that tell an attacker nothing.

For the pages where people sign in: counted at most once a minute, and silent while the database or
the cache is away.
"""

from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import DatabaseError
from redis.exceptions import RedisError

from apps.core import heartbeat
from apps.core.models import Heartbeat
from apps.helpdesk.models import ServiceNote
from apps.linkage.services import data_sources
from apps.mail.services import failures
from apps.push.models import CircuitState, PushOrigin
from apps.signin.oidc import service_health

CACHE_KEY, CACHE_S = "helpdesk.service-status", 60
ACCOUNTS, MAIL, PUSH, SOURCES = "accounts", "mail", "push", "sources"
NOTHING_KNOWN: dict[str, Any] = {"troubles": [], "notes": []}
MAIL_TASK, PUSH_TASK = "mail.send_due", "push.deliver_due"


def troubles() -> list[str]:
    """The codes of what does not work; at most a minute old."""
    return _kept()["troubles"]


def notes_of(municipality_id: UUID | None) -> list[str]:
    """The city's own sentences of now; without a city those of all."""
    notes = _kept()["notes"]
    return [words for city, words in notes if municipality_id in (None, city)]


def forget_status() -> None:
    """Count anew at the next page: a sentence was changed."""
    cache.delete(CACHE_KEY)


def _kept() -> dict[str, Any]:
    try:
        known = cache.get(CACHE_KEY)
        if known is None:
            known = _counted()
            cache.set(CACHE_KEY, known, CACHE_S)
    except RedisError:  # nobody is kept from signing in
        return NOTHING_KNOWN
    return known


def _counted() -> dict[str, Any]:
    try:
        stopped = _stopped_tasks()
        found = {
            ACCOUNTS: service_health.is_some_service_away(),
            MAIL: MAIL_TASK in stopped or not failures.is_mail_leaving(),
            PUSH: PUSH_TASK in stopped or _is_push_away(),
            SOURCES: data_sources.is_any_source_failing(),
        }
        notes = ServiceNote.objects.current().values_list("municipality", "words")
        return {"troubles": [code for code, is_so in found.items() if is_so], "notes": [*notes]}
    except DatabaseError:
        return NOTHING_KNOWN


def _stopped_tasks() -> set[str]:
    """The tasks that ran before and are late now."""
    known = Heartbeat.objects.filter(name__in=[MAIL_TASK, PUSH_TASK])
    return heartbeat.late_tasks(known.values_list("name", flat=True))


def _is_push_away() -> bool:
    away = PushOrigin.objects.exclude(state=CircuitState.CLOSED, refused_at=None)
    return away.exists()
