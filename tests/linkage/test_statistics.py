"""After a bulk write the planner knows the rows, before the next statement depends on them."""

import pytest
from django.db import connection

from apps.linkage.services import record_writer, sync_runs
from tests.database_roles import as_owner
from tests.linkage.test_attendance_import import days_ago


def known_rows():
    """How many rows the planner expects in linkage_linkedrecord; -1 before any ANALYSE."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'linkage_linkedrecord'")
        return int(cursor.fetchone()[0])


@pytest.fixture
def unknown(db):
    """A table that nobody has analysed since it was filled."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET reltuples = -1 WHERE relname = 'linkage_linkedrecord'")


def test_many_new_rows_are_known_to_the_planner(agreed, source, put, unknown, monkeypatch):
    monkeypatch.setattr(record_writer, "ANALYSE_FROM_ROWS", 5)
    put(*(f"1001,{days_ago(n)},病欠," for n in range(1, 8)))
    assert sync_runs.sync_source(source).n_kept == 7
    assert known_rows() == 7


def test_a_few_new_rows_cost_no_look_at_all_of_them(agreed, source, put, unknown, monkeypatch):
    monkeypatch.setattr(record_writer, "ANALYSE_FROM_ROWS", 8)
    put(*(f"1001,{days_ago(n)},病欠," for n in range(1, 8)))
    assert sync_runs.sync_source(source).n_kept == 7
    assert known_rows() == -1


def test_a_trial_leaves_the_statistics_as_they_were(
    agreed, source, put, unknown, monkeypatch, cast
):
    monkeypatch.setattr(record_writer, "ANALYSE_FROM_ROWS", 5)
    put(*(f"1001,{days_ago(n)},病欠," for n in range(1, 8)))
    sync_runs.sync_source(
        source, run=sync_runs.request_run(source, by=cast.officer.user, is_trial=True)
    )
    assert known_rows() == -1
