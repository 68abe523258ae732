"""Other layouts of registers: a column a day, students by class and number."""

import datetime as dt
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from apps.consent.models import Purpose
from apps.linkage.connectors.contract import Issue
from apps.linkage.connectors.school_files import FILE_FORMATS, ColumnMapping
from apps.linkage.connectors.school_files.file_survey import survey_file
from apps.linkage.connectors.school_files.layouts import class_position
from apps.linkage.connectors.school_files.row_parsers import UNKNOWN_SEAT
from apps.linkage.connectors.school_files.row_reader import HashingReader, UnreadableFile, read_rows
from apps.linkage.connectors.value_limits import DATE_IN_FUTURE
from apps.linkage.models import FileMapping, LinkedRecord, RunState
from apps.linkage.services import sync_runs
from tests import factories, file_workers

INPUTS = Path(__file__).parent / "inputs" / "attendance-register-layouts"
MAPPING_PAGE = reverse("admin:linkage_file_mapping", args=["attendance_daily"])
TODAY = dt.date(2026, 11, 28)
MARKS = {"出欠区分": {"○": "PRESENT", "／": "UNKNOWN"}}


def found_in(mapping, *lines):
    file = io.BytesIO("\n".join([*lines, ""]).encode("cp932"))
    kind = FILE_FORMATS["attendance_daily"]
    return list(
        read_rows(kind, mapping, HashingReader(file), "f.csv", survey_file(file).encoding, today=TODAY)
    )  # fmt: skip


def facts(found):
    return [(row.subject, *row.data.values()) for row in found if not isinstance(row, Issue)]


def test_a_column_a_day_becomes_a_row_a_day_and_an_empty_cell_none():
    mapping = ColumnMapping("attendance_daily", codes=MARKS, layout="days")
    lines = (INPUTS / "attendance_daily_matrix.csv").read_bytes().decode("cp932").splitlines()
    found = found_in(mapping, *lines)
    assert facts(found) == [
        ("1102", "2026-11-02", "UNKNOWN"), ("1102", "2026-11-05", "ABSENT_SICK"),
    ]  # fmt: skip
    assert {row.place.line for row in found} == {2}


def test_days_without_a_year_are_of_this_school_year_and_those_to_come_are_issues():
    mapping = ColumnMapping("attendance_daily", layout="days")
    found = found_in(mapping, "管理コード,4/7,2026年11月27日,1/8", "1102,病,遅,早")
    assert [fact[1] for fact in facts(found)] == ["2026-04-07", "2026-11-27"]
    assert [row.reason for row in found if isinstance(row, Issue)] == [DATE_IN_FUTURE]


def test_a_file_without_a_day_or_a_code_says_which_columns_it_lacks():
    mapping = ColumnMapping("attendance_daily", layout="days", by_seat=True)
    with pytest.raises(UnreadableFile) as refused:
        found_in(mapping, "学年,組,氏名", "1,1,甲")
    assert refused.value.issue.column == "番号・日ごとの列"


def test_students_by_class_and_number_are_those_of_the_roster():
    mapping = ColumnMapping(
        "attendance_daily", {"出欠区分": "出欠"}, by_seat=True, seats={"1|1|2": "1102"}
    )
    lines = (INPUTS / "attendance_daily_log.csv").read_bytes().decode("cp932").splitlines()
    found = found_in(mapping, *lines, "2026-11-02,1,1,3,丙,国語,乙,病", "2026-11-02,,,,,,,病")
    assert facts(found) == [("1102", "2026-11-02", "ABSENT_SICK")]
    issues = [row for row in found if isinstance(row, Issue)]
    assert [(issue.reason, issue.column, issue.place.line) for issue in issues] == [
        (UNKNOWN_SEAT, "番号", 3), (UNKNOWN_SEAT, "番号", 4),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "one"),
    [
        (("1", "1", "2"), "1|1|2"), (("1年", "1組", "02"), "1|1|2"), (("J1", "1年1組", "2"), "1|1|2"),
        (("１", "Ａ組", "２番"), "1|A|2"), (("中3", "3年B組", "14"), "3|B|14"), (("", "1", "2"), ""),
        (("1", "", "2"), ""), (("1", "1", "に"), ""), (("10", "1", "1"), ""),
    ],
)  # fmt: skip
def test_a_seat_has_one_form(parts, one):
    assert class_position(*parts) == one


@pytest.mark.parametrize("kind", ["grades", "nurse_visit", "attendance_monthly"])
def test_only_kinds_of_one_cell_a_day_can_be_laid_out_by_days(kind):
    assert any("日ごとの 列" in fault for fault in ColumnMapping(kind, layout="days").faults())
    assert ColumnMapping("kokoro_tenki", layout="days").faults() == []


# -- saved by the city, used by a run ---------------------------------------------------------------


OWN = {
    "header-管理コード": "管理コード", "header-日付": "日付", "header-出欠区分": "出欠",
    "codes-出欠区分": "○ = PRESENT\n／ = UNKNOWN", "layout": "rows",
}  # fmt: skip


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


@pytest.fixture
def seated(cast, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 28, 1, 0, tzinfo=dt.UTC))
    student = factories.student(cast.class_1, "こう", number=2, local_code="1102")
    factories.make_effective(student, Purpose.ATTENDANCE)
    return student


def take(source, inbox, name):
    (inbox / name).write_bytes((INPUTS / name).read_bytes())
    return sync_runs.sync_source(source)


def test_a_class_log_is_read_once_the_city_has_said_how(seated, city, source, inbox):
    assert take(source, inbox, "attendance_daily_log.csv").n_kept == 0
    assert city.post(MAPPING_PAGE, {**OWN, "by_seat": "on", "keep": "1"}).status_code == 302
    sync_runs.sync_all()
    assert {row.student_id for row in LinkedRecord.objects.all()} == {seated.pk}
    assert (
        "学年・組・番号で読む" in city.get(reverse("admin:linkage_file_mappings")).content.decode()
    )


def test_two_in_one_seat_are_written_to_neither(seated, cast, source, inbox):
    FileMapping.objects.create(
        municipality=cast.city, kind="attendance_daily", headers={"出欠区分": "出欠"}, by_seat=True
    )
    factories.student(cast.class_1, "おつ", number=2, local_code="1199")
    run = take(source, inbox, "attendance_daily_log.csv")
    assert (run.n_kept, run.issues.get().reason) == (0, UNKNOWN_SEAT)


def test_a_register_with_a_column_a_day_is_tried_and_read(seated, city, source, inbox):
    sample = (INPUTS / "attendance_daily_matrix.csv").read_bytes()
    own = {**OWN, "layout": "days"}
    sent = {**own, "try": "1", "sample": SimpleUploadedFile("m.csv", sample)}
    page = file_workers.send(city, MAPPING_PAGE, sent)
    text = page.content.decode()
    assert "11月5日 病欠" in text
    assert "問題はありません" in text
    assert "氏名" in text
    city.post(MAPPING_PAGE, {**own, "keep": "1"})
    run = take(source, inbox, "attendance_daily_matrix.csv")
    assert (run.state, run.n_kept) == (RunState.DONE, 2)


def test_a_layout_that_a_kind_cannot_have_is_refused_with_a_sentence(city):
    mapping_page = reverse("admin:linkage_file_mapping", args=["grades"])
    headers = {f"header-{column.name}": column.name for column in FILE_FORMATS["grades"].columns}
    page = city.post(mapping_page, {**headers, "layout": "days", "keep": "1"})
    assert (page.status_code, "日ごとの 列では 読めません" in page.content.decode()) == (422, True)
