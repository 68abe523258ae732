"""What of the portal does not work now, in words that tell an attacker nothing.

For the pages where people sign in: counted at most once a minute, and silent while the database or
the cache is away.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import DatabaseError

from apps.core import heartbeat
from apps.core.models import Heartbeat
from apps.core.municipality_scope import across_municipalities
from apps.helpdesk.models import ServiceNote
from apps.linkage.services import data_sources
from apps.mail.services import failures
from apps.people.models import Municipality
from apps.push.models import CircuitState, PushOrigin
from apps.signin.oidc import service_health

CACHE_KEY, CACHE_S = "helpdesk.service-status", 60
CODES = ACCOUNTS, MAIL, PUSH, SOURCES = "accounts", "mail", "push", "sources"
NOTHING_KNOWN: dict[str, Any] = {"troubles": [], "notes": []}
MAIL_TASK, PUSH_TASK = "mail.send_due", "push.deliver_due"


def troubles(municipality_id: UUID | None) -> list[str]:
    """The codes of what does not work for this municipality; at most a minute old.

    Without one only what concerns everybody: the accounts and sources of one municipality are not
    told to the visitors of another, and a page that knows no municipality tells neither.
    """
    found = {code for code, city in _kept()["troubles"] if city in (None, municipality_id)}
    return [code for code in CODES if code in found]


def notes_of(municipality_id: UUID | None) -> list[str]:
    """The city's own sentences of now; without a city those of all."""
    notes = _kept()["notes"]
    return [words for city, words in notes if municipality_id in (None, city)]


def forget_status() -> None:
    """Count anew at the next page: a sentence was changed."""
    cache.delete(CACHE_KEY)


def _kept() -> dict[str, Any]:
    """What was counted; while the cache is away nothing is, and nobody waits for it to sign in."""
    known = service_health.memory.ask(cache.get, CACHE_KEY, otherwise=NOTHING_KNOWN)
    if known is None:
        known = _counted()
        service_health.memory.ask(cache.set, CACHE_KEY, known, CACHE_S)
    return known


@across_municipalities
def _counted() -> dict[str, Any]:
    try:
        stopped = _stopped_tasks()
        cities = Municipality.objects.values_list("pk", flat=True)
        found: dict[str, Iterable[UUID | None]] = {
            ACCOUNTS: service_health.cities_with_failed_sign_in(cities),
            MAIL: _all_if(MAIL_TASK in stopped or not failures.is_mail_leaving()),
            PUSH: _all_if(PUSH_TASK in stopped or _is_push_away()),
            SOURCES: data_sources.cities_with_failing_source(),
        }
        notes = ServiceNote.objects.current().values_list("municipality", "words")
        troubles = [(code, city) for code, cities in found.items() for city in cities]
        return {"troubles": troubles, "notes": [*notes]}
    except DatabaseError:
        return NOTHING_KNOWN


def _all_if(is_so: bool) -> list[None]:
    """None stands for every municipality."""
    return [None] if is_so else []


def _stopped_tasks() -> set[str]:
    """The tasks that ran before and are late now."""
    known = Heartbeat.objects.filter(name__in=[MAIL_TASK, PUSH_TASK])
    return heartbeat.late_tasks(known.values_list("name", flat=True))


def _is_push_away() -> bool:
    away = PushOrigin.objects.exclude(state=CircuitState.CLOSED, refused_at=None)
    return away.exists()
