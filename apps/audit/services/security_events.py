"""Writes security events: a row, and a log line.

A flood of refusals does not fill the database: after so many of a kind a minute from one network,
and so many of a kind from everywhere, a single row counts the rest.
"""

import logging
import re
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count, Q

from apps.audit.models.choices import PersonKind, SecurityKind
from apps.audit.models.security_events import CAUSED_BY_ANYONE, KEPT_AT_LEAST_DAYS, SecurityEvent
from apps.core import clock, request_context
from apps.core.sweeps import SweepResult, delete_due

log = logging.getLogger("security")
MAX_EACH_A_MINUTE = 20  # rows of one kind from one network (and person, for restricted actions)
MAX_A_MINUTE = 200  # rows of one kind that anybody can cause, from everywhere
_NO_CODE = re.compile(r"[^a-z0-9_.:+-]")

# Adds one to the row of this kind, network, person and minute; inserts it where there is none.
COUNT_EVENT_SQL = """
INSERT INTO audit_securityevent (at, last_at, minute, n, kind, person_kind, user_id, target_id,
  municipality_id, network, detail)
VALUES (%(at)s, %(at)s, %(minute)s, 1, %(kind)s, %(person_kind)s, %(user_id)s, NULL,
  %(municipality_id)s, %(network)s, '')
ON CONFLICT (kind, network, user_id, minute) WHERE minute IS NOT NULL
DO UPDATE SET n = audit_securityevent.n + 1, last_at = greatest(audit_securityevent.last_at, EXCLUDED.at)
"""


def record_security_event(
    kind: str,
    *,
    user_id=None,
    person_kind: str = PersonKind.NOBODY,
    municipality_id=None,
    target_id=None,
    detail: str = "",
) -> None:
    """Write one event about the current request; never raises for what the database cannot store.

    ``detail`` is a code of ours (other characters than letters, digits and ``_.:+-`` become ``_``).
    Inside a transaction row and line are rolled back with it, except the line of events that
    anybody can cause: call it outside for refusals.
    """
    event = SecurityEvent(
        at=clock.now(),
        kind=SecurityKind(kind).value,
        person_kind=PersonKind(person_kind).value,
        user_id=user_id,
        target_id=target_id,
        municipality_id=municipality_id,
        network=request_context.current_network(),
        detail=_NO_CODE.sub("_", detail.lower())[:60],
    )
    _write_line(event)
    try:
        with transaction.atomic():
            _keep(event)
    except DatabaseError as error:
        log.warning("a security event was not kept: %s", type(error).__name__)


def _write_line(event):
    facts = {
        "event": event.kind,
        "person_kind": event.person_kind,
        "user": str(event.user_id or ""),
        "target": str(event.target_id or ""),
        "municipality": str(event.municipality_id or ""),
        "network": event.network,
        "detail": event.detail,
    }
    words = " ".join(f"{name}={value}" for name, value in facts.items() if value)
    if connection.in_atomic_block and event.kind not in CAUSED_BY_ANYONE:
        transaction.on_commit(lambda: log.info(words, extra=facts), robust=True)
    else:
        log.info(words, extra=facts)


def _keep(event):
    is_for_all = event.kind in CAUSED_BY_ANYONE
    minute = event.at.replace(second=0, microsecond=0)
    same = Q(network=event.network)
    if not is_for_all:
        same &= Q(user=event.user_id)
    rows = SecurityEvent.objects.filter(kind=event.kind, at__gte=minute, minute=None)
    found = rows.aggregate(n_same=Count("pk", filter=same), n_all=Count("pk"))
    if is_for_all and found["n_all"] >= MAX_A_MINUTE:
        _count(event, minute, network="", user_id=None)
    elif found["n_same"] >= MAX_EACH_A_MINUTE:
        _count(event, minute, network=event.network, user_id=None if is_for_all else event.user_id)
    else:
        event.save(force_insert=True)


def _count(event, minute, *, network, user_id):
    is_known = user_id is not None
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_EVENT_SQL,
            {
                "at": event.at,
                "minute": minute,
                "kind": event.kind,
                "network": network,
                "user_id": user_id,
                "person_kind": event.person_kind if is_known else PersonKind.NOBODY.value,
                "municipality_id": event.municipality_id if is_known else None,
            },
        )


def delete_old_security_events() -> SweepResult:
    """Delete events older than SECURITY_EVENT_DAYS (never younger than the database allows)."""
    days = max(settings.SECURITY_EVENT_DAYS, KEPT_AT_LEAST_DAYS)
    due = SecurityEvent.objects.filter(at__lt=clock.now() - timedelta(days=days))
    return delete_due(due)
