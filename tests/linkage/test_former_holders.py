"""A code or a seat that was another student's before: older rows are not imported."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.consent.models import Purpose
from apps.core.clock import today
from apps.linkage.models import FileMapping, LinkedRecord, RunState
from apps.linkage.services import sync_runs
from apps.people.models import FormerIdentifier, Student
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories

MAY = ("1001,2026-05-11,病欠,", "1001,2026-05-12,病欠,", "1002,2026-05-11,遅刻,")


@pytest.fixture
def two(cast):
    cast.yuki = factories.student(cast.class_1, "ゆき", number=2, local_code="1002")
    for student in (cast.sakura, cast.yuki):
        factories.make_effective(student, Purpose.ATTENDANCE)
    return cast


def entries_shown(student, reader):
    """The stored days of a student, as shown to a person who may read them."""
    rows = LinkedRecord.objects.filter(student=student).select_related("student")
    values = open_sealed(rows, actor=reader.nurse.user, reason=OpeningReason.SIGN) if rows else []
    return sorted(value["date"] for value in values)


def handed_on(days_ago):
    """As if every code and seat had changed its holder some days ago."""
    day = today() - dt.timedelta(days=days_ago)
    FormerIdentifier.objects.update(held_until=day - dt.timedelta(days=1))
    FormerIdentifier.objects.exclude(next_since=None).update(next_since=day)


def exchange(one, other, field):
    """Two students exchange their codes or seats, as a roster does it."""
    own, others, free = getattr(one, field), getattr(other, field), None
    if field == "local_code":
        free = ""
    for student, value in ((one, free), (other, own), (one, others)):
        Student.objects.filter(pk=student.pk).update(**{field: value})
    for student in (one, other):
        student.refresh_from_db()


def newcomer(cast, code="1001"):
    """sakura leaves and somebody new gets her code and agrees, so that all files are read again."""
    Student.objects.filter(pk=cast.sakura.pk).update(left_at=timezone.now())
    new = factories.student(cast.class_1, "あたらしい子", number=1, local_code=code)
    factories.make_effective(new, Purpose.ATTENDANCE)
    return new


def test_a_newcomer_with_a_reused_code_gets_no_row_of_who_had_it_before(two, source, put):
    put(*MAY)
    sync_runs.sync_source(source)
    new = newcomer(two)
    run = sync_runs.sync_source(source)
    assert entries_shown(new, two) == []
    assert entries_shown(two.sakura, two) == ["2026-05-11", "2026-05-12"]
    assert (run.state, run.n_issues, run.n_erased) == (RunState.PARTLY, 2, 0)
    assert [issue.column for issue in run.issues.all()] == ["管理コード"] * 2
    assert "ほかの 生徒の ものでした" in run.issues.first().reason


def test_a_newcomer_gets_nothing_of_a_file_that_is_first_read_when_they_are_there(two, source, put):
    new = newcomer(two)
    put(*MAY)
    sync_runs.sync_source(source)
    assert (entries_shown(new, two), entries_shown(two.yuki, two)) == ([], ["2026-05-11"])


def test_a_newcomer_gets_their_own_rows_since_they_have_the_code(two, source, put):
    new = newcomer(two)
    handed_on(days_ago=5)
    put("1001,2026-11-13,病欠,", "1001,2026-11-16,病欠,", "1001,2026-11-17,病欠,")
    run = sync_runs.sync_source(source)
    assert entries_shown(new, two) == ["2026-11-16", "2026-11-17"]
    assert run.n_issues == 1


def test_a_newcomer_with_a_code_that_was_nobodys_gets_all_their_rows(two, source, put):
    new = newcomer(two, code="1999")
    put("1999,2026-05-11,病欠,")
    assert sync_runs.sync_source(source).state == RunState.DONE
    assert entries_shown(new, two) == ["2026-05-11"]


def test_students_who_exchange_their_codes_keep_their_own_rows(two, source, put):
    put("1001,2026-11-10,病欠,", "1002,2026-11-11,遅刻,")
    sync_runs.sync_source(source)
    exchange(two.sakura, two.yuki, "local_code")
    factories.make_effective(two.ren, Purpose.ATTENDANCE)
    run = sync_runs.sync_source(source)
    assert (entries_shown(two.sakura, two), entries_shown(two.yuki, two)) == (
        ["2026-11-10"],
        ["2026-11-11"],
    )
    assert (run.n_issues, run.n_erased) == (2, 0)


def test_students_who_exchange_their_seats_keep_their_own_rows(two, source, inbox):
    FileMapping.objects.create(
        municipality=two.city, kind="attendance_daily", headers={}, by_seat=True
    )
    lines = ["学年,組,番号,日付,出欠区分", "1,1,1,2026-05-13,病欠", "1,1,2,2026-05-20,遅刻"]
    (inbox / "attendance_daily.csv").write_text("\n".join(lines), encoding="utf-8")
    assert sync_runs.sync_source(source).n_kept == 2
    exchange(two.sakura, two.yuki, "attendance_number")
    again = sync_runs.request_run(source, by=two.officer.user, reads_again=True)
    run = sync_runs.sync_source(source, run=again)
    assert (entries_shown(two.sakura, two), entries_shown(two.yuki, two)) == (
        ["2026-05-13"],
        ["2026-05-20"],
    )
    assert [issue.column for issue in run.issues.all()] == ["学年・組・番号"] * 2
    handed_on(days_ago=4)
    new_lines = [lines[0], "1,1,1,2026-11-17,病欠"]
    (inbox / "attendance_daily_11.csv").write_text("\n".join(new_lines), encoding="utf-8")
    sync_runs.sync_source(source)
    assert entries_shown(two.yuki, two) == ["2026-05-20", "2026-11-17"]


def test_a_class_that_gets_the_title_of_another_hands_its_seats_on(two):
    first = two.class_1
    second = factories.school_class(two.school, "1年2組", "J1")
    factories.student(second, "ほか", number=1, local_code="1888")
    for of_class, title in ((first, "1年3組"), (second, "1年1組")):
        type(of_class).objects.filter(pk=of_class.pk).update(title=title)
    rows = FormerIdentifier.objects.filter(student=two.sakura, kind="seat")
    assert [(row.name, row.next_since is not None) for row in rows] == [("J1|1年1組|1", True)]
