"""A second city's file costs what it holds, while the statistics know only the first city's rows.

A test is one transaction, so that autovacuum never sees its rows. ``bench/linkage_reimport.py``
measures the time.
"""

from datetime import timedelta

import pytest
from django.db import connection

from apps.consent.models import Purpose
from apps.core.clock import today
from apps.core.storage_aliases import SOURCES
from apps.linkage.models import DataSource, SourceKind
from apps.linkage.services import record_writer, sync_runs
from tests import factories
from tests.linkage.conftest import HEADER
from tests.plans import RowsHandled, forget_statistics
from tests.storage_folders import use_folder

STUDENTS, SMALL, LARGE = 8, 20, 80  # days
LINEAR = 1.3 * LARGE / SMALL  # a product would take 16 times as many rows


@pytest.fixture
def city(agreed, tmp_path, settings, monkeypatch):
    """``city(n, code)``: the file of n days of a new city, read new, changed, and the same again; the
    rows handled each time."""
    use_folder(settings, SOURCES, tmp_path)
    monkeypatch.setattr(record_writer, "ANALYSE_FROM_ROWS", 100)

    def take_in(n, code):
        of = factories.municipality(code, "計測市(架空)")
        of_class = factories.school_class(factories.school(of, code=f"C117220{code}"))
        for number in range(STUDENTS):
            student = factories.student(of_class, number=number, local_code=f"70{number:02}")
            factories.make_effective(student, Purpose.ATTENDANCE)
        place = tmp_path / code / "a"
        place.mkdir(parents=True)
        source = DataSource.objects.create(
            municipality=of, school=of_class.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
            place="a",
        )  # fmt: skip
        return [read(source, place, n, mark) for mark in ("病欠", "遅刻", "遅刻")]

    forget_statistics("linkage_linkedrecord", "linkage_sourcefile")
    take_in(SMALL, "960000")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE linkage_linkedrecord, linkage_sourcefile, people_student")
    return take_in


def read(source, place, n, mark):
    """The rows handled by a run over a file in which every third row has this mark."""
    days = [today() - timedelta(days=number) for number in range(1, n + 1)]
    lines = [
        f"70{number:02},{day},{mark if (number + place_of_day) % 3 == 0 else '早退'},"
        for place_of_day, day in enumerate(days)
        for number in range(STUDENTS)
    ]
    name = f"attendance_daily_{len(list(place.iterdir()))}.csv"
    (place / name).write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    with RowsHandled() as rows:
        run = sync_runs.sync_source(source)
    assert run.n_read == STUDENTS * n
    return rows.n


def test_the_first_and_the_later_files_of_a_second_city_are_linear(city):
    small, large = city(SMALL, "960001"), city(LARGE, "960002")
    assert [round(b / a, 1) for a, b in zip(small, large, strict=True) if b / a > LINEAR] == []
