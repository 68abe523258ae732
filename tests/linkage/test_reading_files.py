"""Whatever a file holds, reading it ends, names what is wrong and repeats nothing of it."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.linkage.connectors.attendance_csv import CODES, MARKS, read
from apps.linkage.connectors.contract import Issue, Record

HEADER = ["管理コード", "日付", "出欠区分", "備考"]
cells = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
marks = st.sampled_from([*MARKS, *CODES])


def file_of(*rows, header=HEADER):
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return out.getvalue().encode("utf-8-sig")


@given(st.binary(max_size=300))
def test_any_bytes_end_in_records_and_issues(content):
    assert all(isinstance(found, Record | Issue) for found in read("f.csv", content))


@given(st.lists(st.lists(cells, max_size=6), max_size=8))
def test_an_issue_never_repeats_a_cell(rows):
    marked = [[f"秘{cell}" for cell in row] for row in rows]
    for found in read("f.csv", file_of(*marked)):
        assert isinstance(found, Issue)
        assert "秘" not in f"{found.reason}{found.column}"


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), marks, cells)
def test_a_good_row_is_taken_in_both_ways_of_writing_a_date_and_without_its_remark(
    day, mark, remark
):
    rows = [
        ["1001", day.isoformat(), mark, remark],
        ["1001", f"{day.year}/{day.month}/{day.day}", mark, remark],
    ]
    one, other = read("f.csv", file_of(*rows))
    assert (one.key, one.data, one.occurred_on) == (other.key, other.data, day)
    assert set(one.data) == {"date", "mark"}
    assert one.data["mark"] in CODES


@pytest.mark.parametrize(
    "day", ["2026-2-1", "2026/02/30", "２０２６-01-01", "26/1/1", "2026-01-01T00"]
)
def test_another_way_of_writing_a_date_is_named(day):
    (issue,) = read("f.csv", file_of(["1001", day, "病欠", ""]))
    assert (issue.column, issue.place.line) == ("日付", 2)


def test_columns_may_stand_in_any_order():
    header = ["備考", "出欠区分", "管理コード", "組", "日付"]
    (record,) = read("f.csv", file_of(["x", "遅刻", "1001", "1", "2026-11-20"], header=header))
    assert record.data == {"date": "2026-11-20", "mark": "LATE"}


def test_a_file_that_is_too_large_is_refused():
    (issue,) = read("f.csv", None)
    assert issue.reason.endswith("。")
