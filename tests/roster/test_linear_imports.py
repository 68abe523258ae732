"""A second city's roster costs what it holds, while the statistics know only the first city.

A test is one transaction, so that autovacuum never sees its rows: the planner knows what the import
itself analyses. ``bench/roster_second_city.py`` measures the time of 5,000 and 20,000 students.
"""

import pytest
from django.db import connection

from apps.roster.services import import_conditions, imports, merge
from bench.invented_roster import write
from tests.plans import RowsHandled, forget_statistics

APPROVAL = import_conditions.ImportApproval(allow_other_year=True)
KNOWN, SMALL, LARGE = 150, 150, 600
LINEAR = 1.3 * LARGE / SMALL  # a product would take 16 times as many rows


def rows_of_import(path):
    with RowsHandled() as rows, path.open("rb") as file:
        found = imports.check_and_import_roster(file, path.name, by=None, approval=APPROVAL)
    assert found.state == "imported"
    return rows.n


@pytest.fixture
def city(db, tmp_path, monkeypatch):
    """``city(n, code)`` imports the roster of a city of n students twice; the rows handled each time."""
    monkeypatch.setattr(merge, "ANALYSE_FROM", 100)

    def take_in(n, code):
        path = tmp_path / f"{code}.zip"
        write(path, n, code, guardians=True)
        return rows_of_import(path), rows_of_import(path)

    forget_statistics("people_student", "people_guardian", "people_guardianship")
    take_in(KNOWN, "960000")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE people_student, people_guardian, people_guardianship")
    return take_in


def test_the_first_and_the_second_roster_of_a_second_city_are_linear(city):
    small, large = city(SMALL, "960001"), city(LARGE, "960002")
    assert [round(b / a, 1) for a, b in zip(small, large, strict=True) if b / a > LINEAR] == []
