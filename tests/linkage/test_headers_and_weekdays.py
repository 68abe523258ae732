"""Days with a day of the week or without a year, two marks of a day, and headers in other rows."""

import io
from datetime import date

import pytest

from apps.linkage.connectors.contract import Issue, Record
from apps.linkage.connectors.school_files import dates, preview_file
from apps.linkage.connectors.school_files.file_mapping import BY_DAYS, ColumnMapping, normalise_text
from apps.linkage.connectors.school_files.header_check import FIRST_ROW_EMPTY
from apps.linkage.connectors.school_files.row_reader import UnreadableFile
from tests.linkage.test_school_files_rows import DAILY, found_in, only

TODAY = date(2026, 11, 28)


def marks_of(*lines, **options):
    """[(day, mark)] of the records, and the issues, of daily attendance."""
    found = found_in("attendance_daily", DAILY, *lines, today=TODAY, **options)
    records = [one for one in found if isinstance(one, Record)]
    return (
        [(one.occurred_on.isoformat(), one.data["mark"]) for one in records],
        [one.reason for one in found if isinstance(one, Issue)],
    )


# -- days -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["2026/11/10(火)", "2026/11/10（火）", "2026-11-10 (火)", "2026年11月10日(火)", "2026年11月10日火曜日",
     "2026/11/10(火曜)", "令和8年11月10日(火曜日)", "20261110(火)", "2026/11/10(火) 0:00", "2026/11/10 火"],
)  # fmt: skip
def test_a_day_is_read_with_its_day_of_the_week(text):
    assert dates.parse_day(normalise_text(text))[0] == "2026-11-10"


@pytest.mark.parametrize(
    "text",
    ["2026/11/10(水)", "2026年11月10日 月曜日", "2026/11/10(祝)", "2026/11/10()", "2026/11/10(火",
     "2025/11/10(火)", "2026/2/30(月)"],
)  # fmt: skip
def test_a_day_of_another_day_of_the_week_is_no_day(text):
    assert dates.parse_day(normalise_text(text)) is None


@pytest.mark.parametrize(
    ("text", "day"),
    [("11月11日", "2026-11-11"), ("4月6日", "2026-04-06"), ("11月11日(水)", "2026-11-11"), ("11/9(月)", "2026-11-09")],
)  # fmt: skip
def test_a_day_without_its_year_is_of_this_school_year(text, day):
    assert marks_of(f"1001,{text},病欠,") == ([(day, "ABSENT_SICK")], [])


def test_a_day_without_its_year_is_of_the_year_of_the_others_in_its_file():
    found, _ = marks_of("1001,2025/6/2,病欠,", "1001,2025/6/3,病欠,", "1001,1月20日,病欠,")
    assert found[-1][0] == "2026-01-20"
    assert marks_of("1001,1月20日,病欠,")[0] == []  # of next January, which is in the future


def test_a_column_of_a_day_may_name_the_day_of_the_week():
    mapping = ColumnMapping("attendance_daily", layout=BY_DAYS)
    lines = ("管理コード,11/9(月),11月10日(火),11/10(水)", "1001,病,遅,早")
    found = found_in("attendance_daily", *lines, mapping=mapping, today=TODAY)
    assert [one.data["date"] for one in found] == ["2026-11-09", "2026-11-10"]


# -- late and early ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "written", ["遅刻・早退", "遅刻+早退", "遅刻＋早退", "遅刻/早退", "遅早", "遅刻早退"]
)
def test_late_and_early_in_one_cell_are_one_mark(written):
    assert (
        only("attendance_daily", DAILY, f"1001,2026-11-10,{written},").data["mark"] == "LATE_EARLY"
    )


@pytest.mark.parametrize(
    "order", [("遅刻", "早退"), ("早退", "遅刻"), ("遅", "早"), ("LATE", "早退")]
)
def test_late_and_early_of_one_day_in_two_rows_are_one_mark(order):
    lines = [
        f"1001,2026-11-10,{order[0]},",
        "2001,2026-11-10,遅刻,",
        f"１００１,2026-11-10,{order[1]},",
    ]
    assert marks_of(*lines) == (
        [("2026-11-10", "LATE_EARLY"), ("2026-11-10", "LATE")], [],
    )  # fmt: skip


@pytest.mark.parametrize("other", ["病欠", "遅刻"])
def test_other_marks_of_one_day_are_still_asked_about(other):
    found, issues = marks_of("1001,2026-11-10,遅刻,", f"1001,2026-11-10,{other},")
    assert (found, len(issues)) == ([("2026-11-10", "LATE")], 1)


def test_an_absence_before_both_keeps_its_word():
    found, issues = marks_of(*(f"1001,2026-11-10,{mark}," for mark in ("病欠", "遅刻", "早退")))
    assert found == [("2026-11-10", "ABSENT_SICK")]
    assert len(issues) == 1


# -- headers ----------------------------------------------------------------------------------------

ROW = "1001,2026-11-10,病欠,"
TABS = (DAILY.replace(",", "\t"), ROW.replace(",", "\t"))
STRANGE = {
    "a title": (("令和8年度 出欠簿,,,", DAILY, ROW), "見出しが 2行めに"),
    "a title and a line": (("出欠簿", "東和中学校", "", DAILY, ROW), "見出しが 4行めに"),
    "a blank line": (("", DAILY, ROW), "見出しが 2行めに"),
    "blank cells": ((",,,", DAILY, ROW), "見出しが 2行めに"),
    "blank and nothing": (("", "1001,x", "1002,y"), FIRST_ROW_EMPTY),
    "tabs": (TABS, "タブ区切り"),
    "semicolons": ((DAILY.replace(",", ";"), ROW), "セミコロン区切り"),
}


@pytest.mark.parametrize("name", STRANGE)
def test_a_header_that_stands_elsewhere_is_told_in_a_sentence(name):
    lines, words = STRANGE[name]
    with pytest.raises(UnreadableFile) as raised:
        found_in("attendance_daily", *lines, today=TODAY)
    assert words in raised.value.issue.reason
    (issue,) = preview_file(
        io.BytesIO("\r\n".join([*lines, ""]).encode()), "x.csv", today=TODAY
    ).issues
    assert words in issue.reason


def test_a_column_that_is_missing_is_still_named():
    with pytest.raises(UnreadableFile) as raised:
        found_in("attendance_daily", "管理コード,日付", "1001,2026-11-10", today=TODAY)
    assert raised.value.issue.column == "出欠区分"
