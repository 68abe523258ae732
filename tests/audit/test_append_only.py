"""What was recorded or decided stays: raw SQL cannot change, delete or empty it either."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.models import Purpose
from apps.consent.services.purpose_status import record_shown_documents
from tests import factories
from tests.database_roles import as_owner

TABLES = {
    "audit_auditevent": "detail = 'x'",
    "consent_consentdecision": "response = 'given'",
    "consent_consentreceipt": "channel = 'paper'",
    "consent_documentdisplay": "shown_at = now()",
}


@pytest.fixture
def event(cast):
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    document = factories.document(cast.city, Purpose.GRADES)
    record_shown_documents([document], cast.sakura, cast.midori.user)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE stops at pending checks


def count(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of the list above
        return cursor.fetchone()[0]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_refuses(event, table, verb):
    before = count(table)
    with (
        as_owner(),  # the portal's own role has no right to it either: tests.core.test_triggers
        pytest.raises(DatabaseError, match="append_only|append-only|Cannot update rows"),
        transaction.atomic(),
    ):
        connection.cursor().execute(verb.format(table, TABLES[table]))
    assert count(table) == before > 0


def test_a_word_the_record_does_not_know_is_refused(db):
    with pytest.raises(ValueError):
        record("something.else")
    assert not AuditEvent.objects.exists()


def test_a_person_who_is_gone_stays_named_in_the_record(db):
    gone = factories.user("gone@example.com")
    event = record(Action.SIGNED_IN, actor=gone)
    gone_id = gone.pk
    gone.delete()
    assert AuditEvent.objects.get(pk=event.pk).actor_id == gone_id
