"""The canonical bytes of an event: what is chained of it. The same in Python and in PostgreSQL.

Every column is in them, codes as their numbers, what may hold any text as JSON; so no two events have
the same bytes, and none holds a line break. Bytes once chained are never written otherwise: a column
that is added begins another form, and a migration that stores a column differently changes the SQL
of the old form, not its bytes.
"""

import json
from datetime import UTC, datetime, timedelta

from apps.audit.event_codes import (
    ACTION_NUMBERS,
    AUDIENCE_NUMBERS,
    PURPOSE_NUMBERS,
    ROLE_NUMBERS,
)
from apps.audit.models import AuditEvent
from apps.core.compact_fields import packed_identifier

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CANONICAL_FORM = 1
# concat_ws leaves NULL out: what may be NULL is the empty text.
CANONICAL_SQL = """concat_ws('|', '1', e.id, trunc(extract(epoch FROM e.at) * 1000000), e.month,
  coalesce(e.municipality_id::text, ''), coalesce(e.actor_id::text, ''), e.actor_role, e.action,
  coalesce(e.subject_id::text, ''), encode(e.thing_id, 'hex'), e.purpose, e.is_emergency::int,
  coalesce(e.n_people::text, ''), coalesce(e.n_rows::text, ''), e.audience, to_json(e.reason_code),
  to_json(e.thing), to_json(e.detail), coalesce(to_json(e.fields)::text, ''))"""


def canonical_event(event: AuditEvent) -> bytes:
    """The bytes of a stored event, as CANONICAL_SQL writes them."""
    fields = [
        CANONICAL_FORM,
        event.pk,
        (event.at - EPOCH) // timedelta(microseconds=1),
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
