"""The planner's statistics of a new city are updated before the next statement joins with it."""

import re
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.roster.services import import_conditions, imports, merge
from apps.roster.services.statements import load_statement
from bench.invented_roster import write

N = 300
WORD = import_conditions.ImportApproval(allow_other_year=True)
LINKS = "EXPLAIN " + load_statement("insert_links")


@pytest.fixture
def roster(db, tmp_path, monkeypatch):
    """The zip of a city of N students, each with a guardian: enough to be analysed."""
    monkeypatch.setattr(merge, "ANALYSE_FROM", N // 2)
    path = tmp_path / "r.zip"
    write(path, N, "970001", guardians=True)
    return path.read_bytes()


def test_what_a_roster_wrote_in_bulk_is_analysed_before_it_is_joined_with(roster):
    with CaptureQueriesContext(connection) as queries:
        imports.check_and_import_roster(roster, "r.zip", by=None, approval=WORD)
    statements = [query["sql"] for query in queries]
    order = [
        next(n for n, sql in enumerate(statements) if sign in sql)
        for sign in (
            "INSERT INTO people_student", "ANALYZE people_student", "INSERT INTO people_guardian\n",
            "ANALYZE people_guardian (", "INSERT INTO people_guardianship",
            "ANALYZE people_guardianship",
        )
    ]  # fmt: skip
    assert all(one < other for one, other in pairwise(order))


def test_the_planner_knows_the_number_of_the_new_citys_students(roster):
    imports.check_and_import_roster(roster, "r.zip", by=None, approval=WORD)
    city = imports.check_and_import_roster(roster, "r.zip", by=None, approval=WORD).municipality_id
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN SELECT * FROM people_student WHERE municipality_id = %s", [city])
        found = re.search(r"rows=(\d+)", cursor.fetchone()[0])
    assert int(found.group(1)) > N / 2


def test_links_are_joined_without_a_nested_loop_though_other_statistics_mislead(
    roster, monkeypatch
):
    plans = []
    plain = merge.write_changes

    def explained(kind, of, year, now, frees=False):
        if kind == "links":
            with connection.cursor() as cursor:
                cursor.execute(LINKS, {"of": of, "now": now})
                plans.append("\n".join(row for (row,) in cursor.fetchall()))
        return plain(kind, of, year, now, frees)

    with connection.cursor() as cursor:  # the planner knows an empty city only
        cursor.execute("ANALYZE people_student, people_guardian, people_guardianship")
    monkeypatch.setattr("apps.roster.services.merge.analyse_tables", lambda kind, n_written: None)
    monkeypatch.setattr("apps.roster.services.merge.write_changes", explained)
    imports.check_and_import_roster(roster, "r.zip", by=None, approval=WORD)
    (plan,) = plans
    assert plan.count("Hash Join") == 2
    assert plan.count("Nested Loop") == 1  # with the present guardianships, of which there are none
    assert not re.search(r"Scan.* on people_", plan)


def test_few_changes_are_not_worth_a_sample(db):
    with CaptureQueriesContext(connection) as queries:
        merge.analyse_tables("students", merge.ANALYSE_FROM - 1)
        merge.analyse_tables("classes", merge.ANALYSE_FROM)
    assert len(queries) == 0
