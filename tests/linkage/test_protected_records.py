"""A refused row, a stray day or half a file never deletes anything without a decision."""

import pytest

from apps.consent.models import Purpose
from apps.linkage.models import LinkedRecord, RunState
from apps.linkage.services import sync_runs
from tests import factories

DAYS = (4, 5, 6, 9, 10, 11, 12, 13)


@pytest.fixture
def two(cast):
    cast.yuki = factories.student(cast.class_1, "ゆき", number=2, local_code="1002")
    for student in (cast.sakura, cast.yuki):
        factories.make_effective(student, Purpose.ATTENDANCE)
    return cast


def of(code, days=DAYS, month=11, mark="病欠"):
    return [f"{code},2026-{month:02}-{day:02},{mark}," for day in days]


def stored_records():
    return LinkedRecord.objects.count()


def test_a_row_with_an_unknown_mark_leaves_the_row_that_was_there(two, source, put):
    put("1001,2026-11-10,病欠,", "1001,2026-11-11,病欠,", "1002,2026-11-10,遅刻,")
    sync_runs.sync_source(source)
    put("1001,2026-11-10,入院,", "1001,2026-11-11,病欠,", "1002,2026-11-10,遅刻,")
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_issues, run.n_erased, stored_records()) == (RunState.PARTLY, 1, 0, 3)


def test_a_row_without_a_day_leaves_all_rows_of_its_student(two, source, put):
    put("1001,2026-11-10,病欠,", "1001,2026-11-11,病欠,", "1002,2026-11-10,遅刻,")
    sync_runs.sync_source(source)
    put("1001,2026-11-10,病欠,", "1001,2026-11-1l,病欠,", "1002,2026-11-11,遅刻,")
    run = sync_runs.sync_source(source)
    assert LinkedRecord.objects.filter(student=two.sakura).count() == 2
    assert (run.n_issues, run.n_erased) == (1, 1)
    assert "前に 取り込んだ 記録を 1件 消しました" in run.message


def test_half_a_file_is_asked_about_however_small(two, source, put):
    put(*of("1001"), *of("1002"))
    sync_runs.sync_source(source)
    put(*of("1001"), *of("1002", DAYS[:1]))
    assert (sync_runs.sync_source(source).state, stored_records()) == (RunState.HELD, 16)
    put("1001,2026-11-04,病欠,", "1002,2026-11-13,病欠,")
    assert (sync_runs.sync_source(source).state, stored_records()) == (RunState.HELD, 16)


def test_one_student_who_loses_much_is_asked_about_in_a_file_that_loses_little(two, source, put):
    put(*of("1001", range(1, 20)), *of("1002", DAYS[:4]))
    sync_runs.sync_source(source)
    put(*of("1001", range(1, 20)), *of("1002", DAYS[:1]))
    assert (sync_runs.sync_source(source).state, stored_records()) == (RunState.HELD, 23)


def test_one_day_far_from_the_others_takes_nothing_of_the_days_between(two, source, put):
    put(*of("1001", DAYS, 5), *of("1001", DAYS, 9), name="attendance_daily_1.csv")
    sync_runs.sync_source(source)
    put("1001,2026-04-10,病欠,", "1001,2026-11-10,病欠,", "1001,2026-11-11,病欠,",
        name="attendance_daily_11.csv")  # fmt: skip
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_erased, stored_records()) == (RunState.DONE, 0, 19)
