"""Prepared statements behave like every other."""

import pytest
from django.db import DatabaseError, connection, transaction

from apps.core.sql_batches import fetch_prepared


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
