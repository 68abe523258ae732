"""Statements of a batch are written when its holder sends it, in their order, and not before."""

import pytest
from django.db import transaction

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record_many
from apps.core.sql_batches import StatementBatch, execute

COUNT = ("SELECT count(*) FROM audit_auditevent", [])


def test_nothing_is_written_before_the_batch_is_sent(db):
    batch = StatementBatch()
    record_many([{"action": Action.SIGNED_IN}, {"action": Action.DATA_TAKEN}], batch)
    assert not AuditEvent.objects.exists()
    batch.send()
    assert AuditEvent.objects.count() == 2
    batch.send()
    assert AuditEvent.objects.count() == 2


def test_without_a_batch_rows_are_written_at_once(db):
    record_many([{"action": Action.SIGNED_IN}])
    assert AuditEvent.objects.count() == 1


def test_a_fetch_sees_what_waited_before_it(db):
    batch = StatementBatch()
    record_many([{"action": Action.SIGNED_IN}], batch)
    ((before,),), ((again,),) = batch.fetch(COUNT, COUNT)
    assert (before, again) == (1, 1)


def test_a_batch_goes_in_one_message(db, django_assert_num_queries):
    batch = StatementBatch()
    for action in (Action.SIGNED_IN, Action.DATA_TAKEN, Action.KEY_MADE):
        record_many([{"action": action}], batch)
    with django_assert_num_queries(1):
        batch.send()
    assert AuditEvent.objects.count() == 3


def test_a_batch_that_is_not_sent_leaves_nothing(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        execute("DELETE FROM audit_auditevent", [], StatementBatch())
        record_many([{"action": Action.SIGNED_IN}], StatementBatch())
        raise ZeroDivisionError
    assert not AuditEvent.objects.exists()
