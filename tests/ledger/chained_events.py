"""Audit events as a year makes them, for the tests of their ranges."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import psycopg
from django.db import connection

from apps.audit import event_codes
from apps.audit.models import Audience, AuditEvent, EventReason
from apps.audit.models.audit_events import month_of
from tests.database_roles import as_owner
from tests.without_triggers import triggers_off

BEGINNING = datetime(2026, 4, 1, tzinfo=UTC)
WORDS = ("", "consent.Purpose", "a|b", 'an "x" \\ y', "二行\nの語", "tab\t\x7f", '|"|"')


def events(n: int, seed: int = 1) -> list[AuditEvent]:
    """``n`` unsaved events, numbered, with every kind of value in every column."""
    choose = random.Random(seed)
    return [_event(choose, number) for number in range(1, n + 1)]


def _event(choose, number):
    def sometimes(value):
        return choose.choice([None, value])

    at = BEGINNING + timedelta(seconds=number * 311, microseconds=choose.randrange(1_000_000))
    event = AuditEvent(
        id=number, at=at, municipality_id=sometimes(_uuid(choose)),
        actor_id=sometimes(choose.randrange(1000)),
        actor_role=choose.choice(list(event_codes.ROLE_NUMBERS)),
        action=choose.choice(list(event_codes.ACTION_NUMBERS)), subject_id=sometimes(_uuid(choose)),
        thing=choose.choice(WORDS),
        thing_id=choose.choice(["", str(_uuid(choose)), "page|1", "x" * 16, "番号"]),
        purpose=choose.choice(list(event_codes.PURPOSE_NUMBERS)),
        reason_code=choose.choice(["", *EventReason.values]), detail=choose.choice(WORDS),
        fields=choose.choice([[], ["name"], ["a,b", 'c"d', "名前"]]),
        n_people=sometimes(choose.randrange(400)), n_rows=sometimes(choose.randrange(9)),
        audience=choose.choice(Audience.values),
    )  # fmt: skip
    event.month = month_of(at)
    return event


def _uuid(choose):
    return uuid.UUID(int=choose.getrandbits(128))


def store(n: int, seed: int = 1) -> None:
    """Store ``n`` events, with the ids that the sequence counts."""
    rows = events(n, seed)
    for row in rows:
        row.pk = None
    AuditEvent.objects.bulk_create(rows)


def by_hand(sql: str, *args: object) -> None:
    """What somebody with access to the database does: past every trigger, check and foreign key."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint WHERE contype = 'c' AND "
            "conrelid IN ('audit_auditevent'::regclass, 'ledger_chainedrange'::regclass)"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    with triggers_off() as cursor:
        cursor.execute(sql, args)
        assert cursor.rowcount > 0


def another_connection() -> psycopg.Connection:
    """A second connection to the test's database, in a transaction of its own."""
    params = connection.get_connection_params()
    return psycopg.connect(
        **{name: params[name] for name in ("host", "port", "user", "password", "dbname")
           if params.get(name)}
    )  # fmt: skip
