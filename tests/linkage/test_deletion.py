"""Expired records are deleted and counted, uneventful runs too; linked data is reported."""

import datetime as dt

from django.db import connection
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.consent.models import Purpose
from apps.linkage.models import DataSource, LinkedRecord, SyncRun
from apps.linkage.services import data_sources, deletion, sync_runs
from apps.linkage.services import sync_runs as linkage_sync_runs
from tests import factories
from tests.linkage.test_attendance_import import days_ago


def test_rows_past_their_time_are_deleted_with_a_count_and_not_taken_in_again(
    agreed, source, put, time_machine
):
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},病欠,")
    linkage_sync_runs.sync_source(source)
    assert deletion.delete_expired_records() == 0
    time_machine.move_to(dt.datetime(2027, 4, 1, 1, 0, tzinfo=dt.UTC))
    assert deletion.delete_expired_records() == 2
    event = AuditEvent.objects.get(action=Action.ROWS_SWEPT)
    assert (event.subject_id, event.detail, event.n_rows) == (agreed.sakura.pk, "linkage", 2)
    put("1001,2026-11-19,病欠,", "1001,2026-11-18,病欠,", "1001,2026-11-17,遅刻,")
    assert linkage_sync_runs.sync_source(source).n_kept == 0
    assert not LinkedRecord.objects.exists()


def test_quiet_runs_are_forgotten_after_a_month_and_others_kept(agreed, source, put, time_machine):
    put(f"1001,{days_ago(1)},病欠,")
    busy, idle = linkage_sync_runs.sync_source(source), linkage_sync_runs.sync_source(source)
    time_machine.move_to(timezone.now() + dt.timedelta(days=31))
    deletion.delete_expired_records()
    assert set(SyncRun.objects.all()) == {busy}
    assert idle.n_read == 0


def test_what_is_linked_is_told_by_purpose_and_only_while_it_can_be_read(agreed, source, put):
    assert data_sources.last_linked_at(agreed.sakura, agreed.midori.user) == {}
    put(f"1001,{days_ago(1)},病欠,", f"2001,{days_ago(1)},病欠,")
    linkage_sync_runs.sync_source(source)
    assert set(data_sources.last_linked_at(agreed.sakura, agreed.midori.user)) == {
        Purpose.ATTENDANCE
    }
    assert data_sources.last_linked_at(agreed.ren, agreed.other_guardian.user) == {}


def test_two_students_are_counted_apart(agreed, source, put):
    factories.make_effective(agreed.ren, Purpose.ATTENDANCE)
    put(f"1001,{days_ago(1)},病欠,", f"2001,{days_ago(1)},病欠,")
    linkage_sync_runs.sync_source(source)
    LinkedRecord.objects.update(kept_until=dt.date(2026, 11, 1))
    assert deletion.delete_expired_records() == 2
    assert AuditEvent.objects.filter(action=Action.ROWS_SWEPT).count() == 2


def test_each_person_is_told_of_the_last_run_they_may_see(cast, source):
    run = linkage_sync_runs.sync_source(source)
    for who in ("officer", "helpdesk", "principal"):
        assert data_sources.last_run(getattr(cast, who).user) == run
    for who in ("nurse", "away_nurse"):
        assert data_sources.last_run(getattr(cast, who).user) is None


def test_the_source_due_longest_goes_first_when_time_is_short(cast, source, monkeypatch):
    other = DataSource.objects.create(
        municipality=cast.city,
        school=cast.school,
        kind=source.kind,
        title="二つめ",
        place="futatsume",
    )
    earlier = timezone.now() - dt.timedelta(minutes=5)
    DataSource.objects.filter(pk=other.pk).update(next_at=earlier)
    DataSource.objects.filter(pk=source.pk).update(next_at=earlier + dt.timedelta(minutes=1))
    monkeypatch.setattr(sync_runs, "START_SECONDS", 0)
    clock = iter(range(100))
    monkeypatch.setattr(sync_runs.time, "monotonic", lambda: next(clock))
    assert linkage_sync_runs.sync_all() == []
    monkeypatch.setattr(sync_runs, "START_SECONDS", 1.5)
    first = [run.source for run in linkage_sync_runs.sync_all()]
    assert first == [other]
    assert [run.source for run in linkage_sync_runs.sync_all()] == [source]


def test_a_source_that_is_off_is_not_read(source):
    DataSource.objects.update(is_on=False)
    assert linkage_sync_runs.sync_all() == []
    assert not source.runs.exists()


def test_thirty_thousand_rows_past_their_time_go_in_one_run(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    linkage_sync_runs.sync_source(source)
    fields = [field.column for field in LinkedRecord._meta.concrete_fields if field.column != "id"]
    columns = ", ".join(fields)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO linkage_linkedrecord (id, {columns}) "  # noqa: S608 - column names
            f"SELECT gen_random_uuid(), {columns} FROM linkage_linkedrecord, generate_series(1, 30000)"
        )
    LinkedRecord.objects.update(kept_until=dt.date(2026, 11, 1))
    assert deletion.delete_expired_records() == 30_001
    assert not LinkedRecord.objects.exists()
    events = AuditEvent.objects.filter(action=Action.ROWS_SWEPT)
    assert sum(event.n_rows for event in events) == 30_001
