"""The canonical bytes of an event, written a second time: what the SQL is compared with."""

import json

from apps.audit.canonical import CANONICAL_FORM
from apps.audit.event_codes import (
    ACTION_NUMBERS,
    AUDIENCE_NUMBERS,
    PURPOSE_NUMBERS,
    ROLE_NUMBERS,
)
from apps.audit.models import AuditEvent
from apps.core.compact_fields import packed_identifier
from apps.core.time_zone import microseconds


def canonical_event(event: AuditEvent) -> bytes:
    """The bytes of a stored event, as CANONICAL_SQL writes them."""
    fields = [
        CANONICAL_FORM,
        event.pk,
        microseconds(event.at),
        event.month,
        event.municipality_id,
        event.actor_id,
        ROLE_NUMBERS[event.actor_role],
        ACTION_NUMBERS[event.action],
        event.subject_id,
        packed_identifier(event.thing_id).hex(),
        PURPOSE_NUMBERS[event.purpose],
        int(event.is_emergency),
        event.n_people,
        event.n_rows,
        AUDIENCE_NUMBERS[event.audience],
        _json(event.reason_code),
        _json(event.thing),
        _json(event.detail),
        _json(event.fields) if event.fields else None,
    ]
    return "|".join("" if field is None else str(field) for field in fields).encode()


def _json(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
