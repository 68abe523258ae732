"""Each kind of school file: the Record of a row, and which rows are refused, without their value."""

import io

import pytest

from apps.linkage.connectors.contract import Issue, Record
from apps.linkage.connectors.school_files.file_formats import FILE_FORMATS
from apps.linkage.connectors.school_files.file_mapping import ColumnMapping
from apps.linkage.connectors.school_files.file_survey import survey_file
from apps.linkage.connectors.school_files.row_reader import HashingReader, UnreadableFile, read_rows

DAILY = "管理コード,日付,出欠区分,備考"
MONTHLY = "管理コード,年月,授業日数,出停忌引等日数,欠席日数,出席日数,遅刻,早退"
NURSE = "管理コード,来室日,時間帯,区分,症状"
GRADES = (
    "管理コード,年度,学期,教科コード,知識・技能,思考・判断・表現,主体的に学習に取り組む態度,評定"
)
MOOD = "管理コード,日付,天気,コメント"
SENTINEL = "ひみつの自由記述"


def found_in(kind, *lines, mapping=None, encoding="utf-8-sig", **options):
    file = io.BytesIO("\r\n".join([*lines, ""]).encode(encoding))
    used, settled = mapping or ColumnMapping(kind), survey_file(file).encoding
    return list(
        read_rows(FILE_FORMATS[kind], used, HashingReader(file), "f.csv", settled, **options)
    )


def only(kind, *lines, **options):
    (found,) = found_in(kind, *lines, **options)
    return found


@pytest.mark.parametrize(
    ("kind", "header", "row", "key", "day", "data"),
    [
        (
            "attendance_daily", DAILY, "1001,2026/4/9,病欠,かぜ",
            "1001|2026-04-09", "2026-04-09", {"date": "2026-04-09", "mark": "ABSENT_SICK"},
        ),
        (
            "attendance_monthly", MONTHLY, "1001,2026-04,18,2,1,15,3,0",
            "1001|2026-04", "2026-04-01",
            {"month": "2026-04", "lessons": 18, "excused": 2, "absent": 1, "present": 15,
             "late": 3, "early": 0},
        ),
        (
            "nurse_visit", NURSE, "1001,2026-04-09,午前,内科,頭痛",
            "1001|2026-04-09|1", "2026-04-09",
            {"date": "2026-04-09", "half": "AM", "visit": "INTERNAL"},
        ),
        (
            "grades", GRADES, "1001,2026,3学期,J010,A,B,C,4",
            "1001|2026|3|J010", "2027-01-01",
            {"year": 2026, "term": "3", "subject": "J010", "aspects": ["A", "B", "C"],
             "rating": 4},
        ),
        (
            "kokoro_tenki", MOOD, "1001,2026-04-09,thunder,x",
            "1001|2026-04-09", "2026-04-09", {"date": "2026-04-09", "weather": "thunder"},
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_a_row_becomes_its_reduced_fact(kind, header, row, key, day, data, encoding):
    record = only(kind, header, row, encoding=encoding)
    assert isinstance(record, Record)
    assert (record.kind, record.subject, record.key) == (kind, "1001", key)
    assert (record.occurred_on.isoformat(), record.data) == (day, data)
    assert (record.place.file, record.place.line) == ("f.csv", 2)


def test_a_record_is_the_same_as_one_made_the_usual_way():
    one = only("attendance_daily", DAILY, "1001,2026-04-09,病欠,")
    other = Record(one.kind, one.subject, one.key, one.occurred_on, one.data, one.place)
    assert (one, repr(one)) == (other, repr(other))


@pytest.mark.parametrize(
    ("kind", "header", "row", "column"),
    [
        ("attendance_daily", DAILY, ",2026-04-09,病欠,", "管理コード"),
        ("attendance_daily", DAILY, f"{'9' * 41},2026-04-09,病欠,", "管理コード"),
        ("attendance_daily", DAILY, "10|01,2026-04-09,病欠,", "管理コード"),
        ("attendance_daily", DAILY, "1001,26-2-1,病欠,", "日付"),
        ("attendance_daily", DAILY, "1001,2026/02/30,病欠,", "日付"),
        ("attendance_daily", DAILY, "1001,2026-04-09,ずる休み,", "出欠区分"),
        ("attendance_monthly", MONTHLY, "1001,2026-04,18,2,1,16,0,0", "出席日数"),
        ("attendance_monthly", MONTHLY, "1001,2026-04,31,0,0,31,0,0", "授業日数"),
        ("attendance_monthly", MONTHLY, "1001,2026-04,18,-2,1,19,0,0", "出停忌引等日数"),
        ("attendance_monthly", MONTHLY, "1001,2026-13,18,2,1,15,0,0", "年月"),
        ("nurse_visit", NURSE, "1001,2026-04-09,夜,内科,", "時間帯"),
        ("nurse_visit", NURSE, "1001,2026-04-09,午後,歯,", "区分"),
        ("grades", GRADES, "1001,2026,4学期,J010,A,B,C,4", "学期"),
        ("grades", GRADES, "1001,2026,1学期,国語,A,B,C,4", "教科コード"),
        ("grades", GRADES, "1001,2026,1学期,J010,A,B,D,4", "主体的に学習に取り組む態度"),
        ("grades", GRADES, "1001,2026,1学期,J010,A,B,C,6", "評定"),
        ("grades", GRADES, "1001,26,1学期,J010,A,B,C,4", "年度"),
        ("kokoro_tenki", MOOD, "1001,2026-04-09,雪,", "天気"),
    ],
)
def test_a_row_with_a_wrong_cell_is_named_by_line_and_column(kind, header, row, column):
    issue = only(kind, header, row)
    assert isinstance(issue, Issue)
    assert (issue.place.line, issue.column) == (2, column)
    assert issue.reason.endswith("。")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "＝"])
@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("{}cmd|1,2026-04-09,病欠,", "管理コード"),
        ("{}9001,2026-04-09,病欠,", "管理コード"),
        ("1001,{}2026-04-09,病欠,", "日付"),
        ("1001,2026-04-09,{}病欠,", "出欠区分"),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_is_refused_and_not_repeated(row, column, sign):
    issue = only("attendance_daily", DAILY, row.format(sign))
    assert issue.column == column
    for value in (row.split(",")[0].format(sign), "cmd", "9001", "2026"):
        assert value not in issue.reason


def test_full_width_digits_are_read_as_digits():
    record = only("attendance_daily", DAILY, "１００１,２０２６／４／９,病欠,")
    assert (record.subject, record.data["date"]) == ("1001", "2026-04-09")
    record = only("attendance_monthly", MONTHLY, "1001,2026-04,１８,2,1,15,0,0")
    assert record.data["lessons"] == 18


def test_the_second_row_of_one_day_is_named_with_both_lines_and_the_first_is_kept():
    rows = ["1001,2026-04-09,病欠,", "1002,2026-04-09,病欠,", "１００１,2026/4/9,出席,"]
    first, other, issue = found_in("attendance_daily", DAILY, *rows)
    assert (first.data["mark"], other.subject) == ("ABSENT_SICK", "1002")
    assert issue.place.line == 4
    assert issue.reason.startswith("2行め")


def test_several_visits_of_a_day_are_numbered():
    rows = [
        "1001,2026-04-09,午前,内科,",
        "1001,2026-04-09,午後,相談,",
        "1001,2026-04-10,午前,外科,",
    ]
    keys = [record.key for record in found_in("nurse_visit", NURSE, *rows)]
    assert keys == ["1001|2026-04-09|1", "1001|2026-04-09|2", "1001|2026-04-10|1"]


def test_a_row_of_another_school_year_is_named_and_not_taken():
    rows = ["1001,2027-03-31,病欠,", "1001,2027-04-01,病欠,", "1001,2026-04-01,病欠,"]
    first, issue, last = found_in("attendance_daily", DAILY, *rows)
    assert (issue.place.line, "年度" in issue.reason) == (3, True)
    assert [first.data["date"], last.data["date"]] == ["2027-03-31", "2026-04-01"]


def test_free_text_reaches_no_object():
    for kind, header, row in [
        ("attendance_daily", DAILY, f"1001,2026-04-09,病欠,{SENTINEL}"),
        ("nurse_visit", NURSE, f"1001,2026-04-09,午前,内科,{SENTINEL}"),
        ("kokoro_tenki", MOOD, f"1001,2026-04-09,雨,{SENTINEL}"),
        ("attendance_daily", DAILY, f"1001,2026-04-09,{SENTINEL},"),
        ("attendance_daily", DAILY, f"1001,{SENTINEL},病欠,"),
    ]:
        found = only(kind, header, row)
        assert SENTINEL not in repr(found) + repr(getattr(found, "data", ""))


def test_an_optional_column_may_be_absent_or_empty():
    header, row = GRADES.rsplit(",", 1)[0], "1001,2026,1学期,J010,A,B,C"
    assert "rating" not in only("grades", header, row).data
    assert "rating" not in only("grades", GRADES, row + ",").data
    header = "出席すべき日数," + MONTHLY.replace(",遅刻,早退", "")
    assert only("attendance_monthly", header, "16,1001,2026-04,18,2,1,15").data["present"] == 15
    issue = only("attendance_monthly", header, "17,1001,2026-04,18,2,1,15")
    assert issue.column == "出席すべき日数"


def test_a_short_row_is_named_and_an_empty_one_passed_over():
    issue = only("attendance_daily", DAILY, ",,,", "", "1001,2026-04-09")
    assert (issue.place.line, issue.reason) == (4, "列が 足りません。")


def test_columns_may_stand_in_any_order_under_the_city_s_own_headers():
    mapping = ColumnMapping(
        "attendance_daily", {"管理コード": "生徒番号", "日付": "年月日"}, {"出欠区分": {"ケツ": "ABSENT_OTHER"}}
    )  # fmt: skip
    assert mapping.faults() == []
    header = "備考,出欠区分,組,生徒番号,年月日"
    found = found_in(
        "attendance_daily", header, "x,ｹﾂ,1,1001,2026-04-09", "x,遅刻,1,1001,2026-04-10",
        mapping=mapping,
    )  # fmt: skip
    assert [record.data["mark"] for record in found] == ["ABSENT_OTHER", "LATE"]


@pytest.mark.parametrize(
    ("mapping", "words"),
    [
        (ColumnMapping("lunch"), "種類"),
        (ColumnMapping("kokoro_tenki", {"日付": "天気"}), "2つの 列"),
        (ColumnMapping("kokoro_tenki", {"日付": " "}), "空"),
        (ColumnMapping("kokoro_tenki", {"気温": "気温"}), "ありません"),
        (ColumnMapping("kokoro_tenki", {"天気": "コメント"}), "読まない"),
        (ColumnMapping("kokoro_tenki", codes={"天気": {"雪": "snowy"}}), "知らない 区分"),
        (ColumnMapping("kokoro_tenki", codes={"日付": {"きょう": "today"}}), "区分は ありません"),
        (ColumnMapping("kokoro_tenki", codes={"天気": {"=雨": "rainy"}}), "使えない"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(mapping, words):
    faults = mapping.faults()
    assert any(words in fault for fault in faults)
    assert all(fault.endswith("。") for fault in faults)


@pytest.mark.parametrize("kind", FILE_FORMATS)
def test_the_declared_mapping_has_no_fault(kind):
    assert ColumnMapping(kind).faults() == []


@pytest.mark.parametrize(
    ("lines", "line", "column"),
    [
        (["管理コード,日付"], 1, "出欠区分"),
        ([], 1, "管理コード・日付・出欠区分"),
        (["管理コード,日付,出欠区分,日付"], 1, "日付"),
        ([DAILY, '1001,2026-04-09,"病"欠,'], 2, ""),
        ([DAILY, '1001,2026-04-09,病欠,"'], 2, ""),
    ],
)
def test_a_file_that_is_not_this_kind_s_csv_gives_nothing(lines, line, column):
    with pytest.raises(UnreadableFile) as refused:
        found_in("attendance_daily", *lines)
    issue = refused.value.issue
    assert (issue.column, issue.place.line) == (column, line)
    assert issue.reason.endswith("。")
