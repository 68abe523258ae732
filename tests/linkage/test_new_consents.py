"""When those who agree change, only who is new is read again; who left is read no more."""

import uuid

import pytest

from apps.consent.models import Purpose
from apps.consent.services import decisions
from apps.linkage.models import AgreedStudents, LinkedRecord, RunState, SourceFile
from apps.linkage.services import student_sealers, sync_runs
from apps.linkage.services.agreed_students import agreement_of, agreement_tokens
from apps.people.models import Student
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import pause_keys, resume_keys
from tests import factories
from tests.linkage.test_attendance_import import days_ago


def again(source):
    run = sync_runs.sync_source(source)
    source.refresh_from_db()
    return run


@pytest.fixture
def friend(agreed):
    """Another student of sakura's class, who has not agreed."""
    return factories.student(agreed.class_1, "あおい", number=9, local_code="1009")


@pytest.fixture
def read(agreed, friend, source, put):
    """A file with two days of both; sakura's are imported."""
    put(*(f"{code},{days_ago(n)},病欠," for code in ("1001", "1009") for n in (1, 2)))
    assert (again(source).n_kept, SourceFile.objects.count()) == (2, 1)
    return agreed


@pytest.fixture
def sealed_for(monkeypatch):
    """The students for whom a reading makes sealers."""
    students, plain = [], student_sealers.StudentSealer.__init__

    def init(self, key, source, kind):
        students.append(key.student_id)
        plain(self, key, source, kind)

    monkeypatch.setattr(student_sealers.StudentSealer, "__init__", init)
    return students


def withdraw(cast):
    decisions.withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=uuid.uuid4(),
    )  # fmt: skip


def test_who_agrees_later_is_read_from_the_same_file_and_nobody_else(
    read, friend, source, sealed_for
):
    factories.make_effective(friend, Purpose.ATTENDANCE)
    run = again(source)
    assert (run.state, run.n_read, run.n_kept, run.n_unchanged) == (RunState.DONE, 2, 2, 0)
    assert set(sealed_for) == {friend.pk}
    assert LinkedRecord.objects.filter(student=friend).count() == 2
    file = SourceFile.objects.get()
    assert (file.n_kept, file.first_on.isoformat()) == (4, days_ago(2))
    assert again(source).n_read == 0


def test_a_withdrawal_rereads_nothing(read, friend, source, sealed_for):
    factories.make_effective(friend, Purpose.ATTENDANCE)
    again(source)
    del sealed_for[:]
    withdraw(read)
    run = again(source)
    assert (run.state, run.n_read, sealed_for) == (RunState.DONE, 0, [])
    assert agreement_of(source).new_students == set()


def test_who_withdrew_and_agrees_again_is_read_again(read, source):
    withdraw(read)
    again(source)
    LinkedRecord.objects.all().delete()
    factories.make_effective(read.sakura, Purpose.ATTENDANCE)
    run = again(source)
    assert (run.n_read, run.n_kept) == (2, 2)


def test_who_was_paused_while_a_file_came_is_read_once_the_key_is_in_use(read, source, put):
    keys = list(SubjectKey.objects.filter(purpose="attendance").values_list("pk", flat=True))
    pause_keys(keys)
    put(*(f"1001,{days_ago(n)},病欠," for n in (1, 2, 3)))
    assert again(source).n_waiting == 3
    resume_keys(keys)
    assert again(source).n_kept == 1
    assert LinkedRecord.objects.count() == 3


def test_a_pause_and_its_end_between_two_runs_lose_nothing(read, source):
    keys = list(SubjectKey.objects.filter(purpose="attendance").values_list("pk", flat=True))
    pause_keys(keys)
    resume_keys(keys)
    assert again(source).n_read == 0


def test_a_new_code_is_read_again_for_its_student(read, friend, source, put):
    factories.make_effective(friend, Purpose.ATTENDANCE)
    again(source)
    Student.objects.filter(pk=friend.pk).update(local_code="2009")
    put(*(f"{code},{days_ago(n)},病欠," for code in ("1001", "2009") for n in (1, 2)))
    run = again(source)
    assert run.state == RunState.DONE
    assert LinkedRecord.objects.filter(student=friend).count() == 2


def test_a_new_file_is_read_for_everybody_also_when_somebody_is_new(read, friend, source, put):
    factories.make_effective(friend, Purpose.ATTENDANCE)
    put(
        *(f"{code},{days_ago(5)},病欠," for code in ("1001", "1009")), name="attendance_daily_2.csv"
    )
    run = again(source)
    assert (run.n_kept, LinkedRecord.objects.count()) == (4, 6)


def test_refused_rows_of_others_are_told_once_and_remain_told(agreed, friend, source, put):
    put(f"1001,{days_ago(1)},病欠,", f"1009,{days_ago(1)},病欠,", "1001,きのう,病欠,")
    assert (again(source).n_issues, SourceFile.objects.count()) == (1, 1)
    factories.make_effective(friend, Purpose.ATTENDANCE)
    run = again(source)
    assert (run.state, run.n_kept, run.n_issues) == (RunState.PARTLY, 1, 0)
    assert "前に 取り込めなかった 行が 残って います。" in run.message


def test_a_file_that_was_refused_is_read_whole_when_somebody_is_new(agreed, source, put):
    codes = [f"3{n:03}" for n in range(20)]
    put(f"1001,{days_ago(1)},病欠,", *(f"{code},{days_ago(1)},病欠," for code in codes))
    assert (again(source).n_kept, SourceFile.objects.count()) == (0, 0)
    for n, code in enumerate(codes):
        factories.student(agreed.class_1, "ゆい", number=20 + n, local_code=code)
    new = Student.objects.get(local_code="3000")
    factories.make_effective(new, Purpose.ATTENDANCE)
    assert again(source).n_kept == 2


def test_a_source_last_read_by_an_earlier_release_is_read_whole_once(read, source):
    AgreedStudents.objects.all().delete()
    source.cursor = {**source.cursor, "agreed": "0f" * 32}
    source.save(update_fields=["cursor"])
    run = again(source)
    assert (run.n_read, run.n_unchanged) == (4, 2)
    assert again(source).n_read == 0


def test_the_token_of_many_sources_is_that_of_each(read, source):
    token = agreement_of(source).token
    assert agreement_tokens([source], source.kind) == {source.pk: token}
    withdraw(read)
    assert agreement_of(source).token != token
