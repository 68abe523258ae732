"""Which days, years and codes a school's file may mean; ambiguous ones become issues."""

import datetime as dt
from pathlib import Path

import pytest

from apps.consent.models import Purpose
from apps.linkage.connectors.school_files import dates, row_parsers
from apps.linkage.connectors.school_files.row_reader import OTHER_SCHOOL_YEAR
from apps.linkage.connectors.value_limits import DATE_IN_FUTURE
from apps.linkage.models import LinkedRecord, RunState
from apps.linkage.services import data_sources, student_codes, sync_runs
from apps.people.models import Student
from tests import factories
from tests.linkage.test_attendance_import import contents, days_ago
from tests.linkage.test_school_files_rows import DAILY, found_in, only

INPUTS = Path(__file__).parent / "inputs"


@pytest.fixture
def take(source, inbox, time_machine):
    """``take(folder)`` reads an input's file at the end of November 2026; the run."""
    time_machine.move_to(dt.datetime(2026, 11, 28, 1, 0, tzinfo=dt.UTC))

    def run_of_file(folder, name="attendance_daily_x.csv"):
        (inbox / name).write_bytes((INPUTS / folder / name).read_bytes())
        return sync_runs.sync_source(source)

    return run_of_file


@pytest.fixture
def coded(cast):
    """``coded("0012", …)`` are new students of the school who agreed, with these codes."""

    def students(*codes):
        expected = [
            factories.student(cast.class_1, f"生徒{code}", number=20 + n, local_code=code)
            for n, code in enumerate(codes)
        ]
        for one in expected:
            factories.make_effective(one, Purpose.ATTENDANCE)
        return expected

    return students


# -- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-06", "2026/11/6", "2026-11-6", "2026.11.06", "20261106", "2026年11月6日",
        "2026年 11月 6日", "令和8年11月6日", "R8.11.6", "R8/11/06", "2026/11/6 0:00",
        "2026-11-06T00:00:00", "２０２６年１１月６日", "㋿8年11月6日",
    ],
)  # fmt: skip
def test_a_day_that_can_mean_one_thing_is_read(text):
    assert only("attendance_daily", DAILY, f"1001,{text},病欠,").data["date"] == "2026-11-06"


@pytest.mark.parametrize(
    "text",
    ["26-11-06", "8.11.6", "11/6", "2026-11", "2026-13-01", "20261301", "R1.4.30", "平成38年11月6日",
     "2026-11-06 あさ", "202611061", "R0.1.1", "2026/11", "9999999999-1-1", "0000-01-01"],
)  # fmt: skip
def test_a_day_that_could_mean_two_things_or_none_is_not_guessed(text):
    assert only("attendance_daily", DAILY, f"1001,{text},病欠,").column == "日付"


def test_excel_s_number_of_a_day_is_named_in_the_reason():
    assert "通し番号" in only("attendance_daily", DAILY, "1001,46337,病欠,").reason
    assert not dates.is_excel_serial("20261106")


def test_the_first_year_of_reiwa_begins_in_may():
    assert dates.parse_day("令和元年5月1日") == ("2019-05-01", dt.date(2019, 5, 1))
    assert dates.parse_day("令和元年4月30日") is None


def test_months_and_school_years_are_read_as_written():
    for text in ("2026-11", "2026/11", "202611", "2026年11月", "令和8年11月", "R8.11"):
        assert dates.parse_month(text)[0] == "2026-11"
    for text in ("2026", "2026年度", "令和8年度", "R8"):
        assert dates.parse_school_year(text) == 2026
    assert dates.parse_month("2026-13") is None
    assert dates.parse_school_year("26") is None


def test_the_days_of_a_file_are_read_and_only_the_serial_number_is_named(coded, take):
    coded("1102", "1103", "1105", "1106", "1108", "1112")
    run = take("attendance-dates")
    assert (run.state, run.n_kept) == (RunState.PARTLY, 5)
    issue = run.issues.get()
    assert (issue.line, "通し番号" in issue.reason) == (7, True)


def test_a_first_row_of_another_year_is_named_and_the_others_are_taken(coded, take, source):
    coded("1102", "1103", "1104")
    run = take("attendance-first-row-wrong-year")
    assert (run.n_kept, run.issues.get().line) == (2, 2)
    assert data_sources.source_freshness(source)[0][1] == dt.date(2026, 11, 5)
    assert set(LinkedRecord.objects.values_list("kept_until", flat=True)) == {dt.date(2027, 3, 31)}


@pytest.mark.parametrize("year", ["9999", "2062", "2027"])
def test_a_day_to_come_is_an_issue_of_its_row(year, coded, take, inbox, source):
    coded("1102")
    run = take("attendance-year-9999")
    assert (run.state, run.issues.get().reason) == (RunState.PARTLY, DATE_IN_FUTURE)
    (inbox / "attendance_daily_x.csv").write_text(
        f"管理コード,日付,出欠区分\n1102,{year}-02-01,病欠\n", encoding="utf-8"
    )
    run = sync_runs.sync_source(source)
    assert (run.issues.get().line, LinkedRecord.objects.count()) == (2, 0)
    assert data_sources.source_freshness(source) == []


def test_the_year_of_a_file_is_that_of_most_rows_wherever_they_stand():
    lines = ["1001,2025-05-07,病欠,", "1001,2026-05-07,病欠,", "1001,2026-05-08,病欠,"]
    for order in (lines, lines[::-1], [lines[1], lines[0], lines[2]]):
        found = found_in("attendance_daily", DAILY, *order, today=dt.date(2026, 11, 28))
        reasons = [row.reason for row in found if hasattr(row, "reason")]
        assert (len(found), reasons) == (3, [OTHER_SCHOOL_YEAR])


def test_a_day_written_ahead_is_taken_when_it_has_come(agreed, source, put, time_machine):
    put(f"1001,{days_ago(1)},出停,", f"1001,{days_ago(-1)},出停,")
    run = sync_runs.sync_source(source)
    assert (run.n_kept, run.issues.get().reason) == (1, DATE_IN_FUTURE)
    assert sync_runs.sync_source(source).n_read == 0
    time_machine.shift(dt.timedelta(days=1))
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_kept, run.n_unchanged) == (RunState.DONE, 1, 1)
    time_machine.shift(dt.timedelta(days=1))
    assert sync_runs.sync_source(source).n_read == 0


# -- codes ----------------------------------------------------------------------------------------


def test_a_code_in_another_width_or_case_is_the_same_code(coded, source, put):
    coded("A01")
    put(f"Ａ０１,{days_ago(1)},病欠,", f"a01 ,{days_ago(2)},病欠,")
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_kept) == (RunState.DONE, 2)


def test_a_code_that_only_fits_without_its_zeros_says_so_and_is_written_to_nobody(
    coded, take, agreed
):
    a01, zeros = coded("A01", "0012")
    run = take("attendance-code-width-and-zeros")
    assert run.issues.get().reason == student_codes.LEADING_ZEROS_MISSING
    assert {row.student_id for row in LinkedRecord.objects.all()} == {a01.pk}
    assert zeros.pk != a01.pk


def test_a_code_that_two_students_could_mean_is_written_to_neither(coded, take):
    a01, *_ = coded("A01", "0012", "12")
    run = take("attendance-code-width-and-zeros")
    assert run.issues.get().reason == student_codes.AMBIGUOUS_CODE
    assert {row.student_id for row in LinkedRecord.objects.all()} == {a01.pk}


def test_one_code_in_two_schools_of_a_city_s_source_means_nobody(agreed, source, put):
    other = factories.school(agreed.city, code="C117220600099", name="べつの学校(架空)")
    factories.student(factories.school_class(other), "べつの子", number=9, local_code="1001")
    type(source).objects.filter(pk=source.pk).update(school=None)
    put(f"1001,{days_ago(1)},病欠,")
    run = sync_runs.sync_source(source)
    assert (run.n_kept, run.issues.get().reason) == (0, student_codes.AMBIGUOUS_CODE)


def test_who_has_left_does_not_make_a_code_ambiguous(agreed, source, put, cast):
    gone = factories.student(cast.class_1, "もういない", number=30, local_code="01001")
    Student.objects.filter(pk=gone.pk).update(left_at="2026-04-01T00:00Z")
    put(f"1001,{days_ago(1)},病欠,")
    assert sync_runs.sync_source(source).n_kept == 1


def test_a_file_whose_zeros_are_eaten_says_so_and_that_nothing_was_taken(coded, take):
    coded(*(f"0{n}" for n in range(101, 131)))
    run = take("attendance-all-refused")
    assert (run.state, run.n_kept, run.n_issues) == (RunState.PARTLY, 0, 30)
    assert run.message == "1行も 取り込んで いません。取り込めなかった 行が 30件 あります。"
    reason = run.issues.get().reason
    assert "先頭の 0 が 消えて いませんか" in reason
    assert "1行も 取り込んで いません" in reason


# -- marks ----------------------------------------------------------------------------------------


def test_the_marks_of_a_register_are_read_and_unknown_ones_named(coded, take):
    coded("1102", "1103", "1104", "1105", "1106", "1107", "1108", "1109")
    run = take("attendance-register-layouts", "attendance_daily_marks.csv")
    assert run.n_kept == 6
    reasons = sorted(run.issues.values_list("reason", flat=True))
    assert reasons == ["知らない 出欠区分です(「/」)。", "知らない 出欠区分です(「○」)。"]


def test_a_remark_in_the_place_of_a_mark_is_not_repeated():
    issue = only("attendance_daily", DAILY, "1001,2026-04-09,はらいた,")
    assert issue.reason == "知らない 出欠区分です。"
    assert len("はらいた") > row_parsers.MAX_MARK_LENGTH


def test_contents_are_as_the_marks_say(agreed, source, put):
    put(f"1001,{days_ago(1)},遅,")
    sync_runs.sync_source(source)
    assert contents(agreed) == [{"date": days_ago(1), "mark": "LATE"}]
