"""Prepared statements behave like every other."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from psycopg.pq import TransactionStatus

from apps.core.models import Heartbeat
from apps.core.municipality_scope import within
from apps.core.sql_batches import fetch_prepared, shared_transaction


def test_rows_come_back_as_the_database_gives_them(db):
    assert fetch_prepared("SELECT %(n)s::int + 1, 'a'", {"n": 4}) == [(5, "a")]


def test_what_the_database_refuses_is_djangos_own_error(db):
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch_prepared("SELECT 1 / %(n)s::int", {"n": 0})
    assert fetch_prepared("SELECT 1", {}) == [(1,)]


def test_it_is_counted_among_the_queries(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        fetch_prepared("SELECT 1", {})


def test_the_server_keeps_its_plan(db):
    fetch_prepared("SELECT %(n)s::int AS a_plan_to_keep", {"n": 1})
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        assert any("a_plan_to_keep" in statement for (statement,) in cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_statements_that_share_a_transaction_are_kept_or_undone_together():
    number = "SELECT txid_current()"
    write = (
        "INSERT INTO core_heartbeat (name, beat_at, late_at) VALUES (%(n)s, now(), now()) "
        "RETURNING 1"
    )
    with within([uuid4()]), shared_transaction():
        assert fetch_prepared(number, {}) == fetch_prepared(number, {})
        fetch_prepared(write, {"n": "kept"})
    with pytest.raises(DatabaseError), within([uuid4()]), shared_transaction():
        fetch_prepared(write, {"n": "undone"})
        fetch_prepared("SELECT 1 / %(n)s::int", {"n": 0})
    assert list(Heartbeat.objects.values_list("name", flat=True)) == ["kept"]
    assert connection.connection.info.transaction_status == TransactionStatus.IDLE
