"""Files of a folder become sealed rows of students who agree, once; problems are reported."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core.clock import today
from apps.linkage.models import LinkedRecord, RunFault, RunState, SyncIssue, SyncRun
from apps.linkage.services import (
    data_sources,
    deletion,
    record_writer,
    running_runs,
    source_reader,
    sync_runs,
)
from apps.vault.services.sealed_content import OpeningReason, open_sealed
from tests import factories


def days_ago(n):
    return (today() - dt.timedelta(days=n)).isoformat()


def counts(run):
    return run.n_kept, run.n_unchanged, run.n_not_consented


def contents(cast):
    rows = LinkedRecord.objects.select_related("student")
    values = open_sealed(rows, actor=cast.nurse.user, reason=OpeningReason.SIGN)
    return sorted(values, key=lambda value: value["date"])


def test_rows_of_those_who_agree_are_kept_and_others_dropped(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,かぜ", f"2001,{days_ago(1)},遅刻,")
    run = sync_runs.sync_source(source)
    assert (run.state, counts(run)) == (RunState.DONE, (1, 0, 1))
    assert contents(agreed) == [{"date": days_ago(1), "mark": "ABSENT_SICK"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
def test_the_three_encodings_are_read(agreed, source, put, encoding):
    put(f"1001,{days_ago(1)},事故欠,", encoding=encoding)
    assert sync_runs.sync_source(source).n_kept == 1


def test_another_encoding_is_refused_with_a_sentence(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,", encoding="utf-16")
    assert sync_runs.sync_source(source).state == RunState.PARTLY
    assert SyncIssue.objects.get().reason.endswith("。")
    assert not LinkedRecord.objects.exists()


def test_the_same_file_twice_changes_nothing(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},遅刻,")
    sync_runs.sync_source(source)
    before = list(LinkedRecord.objects.order_by("pk").values())
    assert counts(sync_runs.sync_source(source)) == (0, 0, 0)
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},遅刻,", name="attendance_daily_2.csv")
    assert counts(sync_runs.sync_source(source)) == (0, 2, 0)
    assert list(LinkedRecord.objects.order_by("pk").values()) == before


def test_a_corrected_mark_changes_its_row_only(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},遅刻,")
    sync_runs.sync_source(source)
    put(f"1001,{days_ago(1)},早退,", f"1001,{days_ago(2)},LATE,")
    assert counts(sync_runs.sync_source(source)) == (1, 1, 0)
    assert [value["mark"] for value in contents(agreed)] == ["LATE", "EARLY"]


def test_without_consent_nothing_is_stored_and_a_later_one_picks_the_file_up(cast, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    assert counts(sync_runs.sync_source(source)) == (0, 0, 1)
    assert not LinkedRecord.objects.exists()
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    assert counts(sync_runs.sync_source(source)) == (1, 0, 0)


def test_bad_rows_are_named_without_their_value_and_good_ones_taken(agreed, source, put):
    put(
        f"1001,{days_ago(1)},病欠,",
        f"1001,{days_ago(2)},ひみつの区分,",
        "1001,きのう,病欠,",
        f",{days_ago(1)},病欠,",
        "1001",
        f"9999,{days_ago(1)},病欠,",
    )
    run = sync_runs.sync_source(source)
    assert (run.state, run.n_kept) == (RunState.PARTLY, 1)
    issues = list(run.issues.values_list("line", "column"))
    assert sorted(issues) == [
        (3, "出欠区分"), (4, "日付"), (5, "管理コード"), (6, ""), (7, "管理コード"),
    ]  # fmt: skip
    reasons = "".join(run.issues.values_list("reason", flat=True))
    assert "ひみつ" not in reasons
    assert "9999" not in reasons


def test_a_file_without_the_columns_is_named(agreed, source, put):
    put(f"1001,{days_ago(1)}", header="管理コード,日付")
    issue = sync_runs.sync_source(source).issues.get()
    assert (issue.line, issue.column) == (1, "出欠区分")


def test_links_that_lead_out_of_the_folder_are_not_followed(agreed, source, inbox, tmp_path, put):
    outside = tmp_path / "elsewhere.csv"
    outside.write_text(f"管理コード,日付,出欠区分\n1001,{days_ago(1)},病欠\n")
    (inbox / "attendance_daily_x.csv").symlink_to(outside)
    run = sync_runs.sync_source(source)
    assert (run.n_kept, run.issues.get().reason) == (0, "フォルダの 外を 指す ものは 読みません。")


def test_what_could_not_be_taken_in_stays_visible_while_nothing_new_comes(agreed, source, put):
    put("1001,きのう,病欠,")
    assert sync_runs.sync_source(source).state == RunState.PARTLY
    again = sync_runs.sync_source(source)
    assert (again.state, again.n_read) == (RunState.PARTLY, 0)
    put(f"1001,{days_ago(1)},病欠,")
    assert sync_runs.sync_source(source).state == RunState.DONE
    assert sync_runs.sync_source(source).state == RunState.DONE


def test_a_missing_folder_fails_with_a_sentence(agreed, source, inbox):
    inbox.rmdir()
    run = sync_runs.sync_source(source)
    assert (run.state, run.message) == (RunState.FAILED, "連携元の フォルダが ありません。")


def test_what_is_past_its_time_is_not_taken_in_again(agreed, source, put):
    put(f"1001,{days_ago(400)},病欠,")
    assert counts(sync_runs.sync_source(source)) == (0, 0, 0)


def test_a_crash_in_the_middle_of_a_file_leaves_nothing_and_is_read_again(
    agreed, source, put, monkeypatch
):
    monkeypatch.setattr("apps.linkage.connectors.school_files.folder.PAGE_ROWS", 1)
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(2)},病欠,")
    add, added = record_writer.RecordWriter.add, []

    def dies_on_the_second(*row):
        added.append(row)
        if len(added) == 2:
            raise KeyboardInterrupt
        add(*row)

    monkeypatch.setattr(record_writer.RecordWriter, "add", dies_on_the_second)
    with pytest.raises(KeyboardInterrupt):
        sync_runs.sync_source(source)
    monkeypatch.setattr(record_writer.RecordWriter, "add", add)
    assert not LinkedRecord.objects.exists()
    source.refresh_from_db()
    assert source.cursor == {}
    run = sync_runs.sync_source(source)
    assert counts(run) == (2, 0, 0)
    assert source.runs.filter(state=RunState.FAILED).count() == 1


def test_a_dump_of_the_table_tells_neither_who_nor_when_nor_what(agreed, source, put):
    put(f"1001,{days_ago(9)},病欠,頭痛")
    sync_runs.sync_source(source)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(r)::text, sealed FROM linkage_linkedrecord r")
        text, sealed = cursor.fetchone()
    raw = text.encode() + bytes(sealed)
    day = days_ago(9)
    for secret in ("1001|", day, day.replace("-", "/"), "病欠", "ABSENT_SICK", "頭痛"):
        assert secret.encode() not in raw
    until = LinkedRecord.objects.get().kept_until
    assert (until.month, until.day) == (3, 31)


def test_withdrawal_makes_rows_unreadable_at_once_and_the_sweep_deletes_them(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    sync_runs.sync_source(source)
    withdraw(
        student=agreed.sakura, actor=agreed.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=agreed.city.pk,
    )  # fmt: skip
    assert data_sources.last_linked_at(agreed.sakura, agreed.midori.user) == {}
    assert not LinkedRecord.objects.readable().exists()
    assert deletion.delete_expired_records() == 1
    assert not LinkedRecord.objects.exists()
    assert sync_runs.sync_source(source).n_kept == 0


def test_two_runs_over_one_source_never_overlap(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    other = running_runs.begin_run(source, None, None)
    with pytest.raises(sync_runs.SourceBusy, match="。"):
        sync_runs.sync_source(source)
    with pytest.raises(IntegrityError), transaction.atomic():
        SyncRun.objects.create(municipality=source.municipality, source=source)
    began = timezone.now() - running_runs.LONGEST_RUN  # its worker was killed: no task lives longer
    SyncRun.objects.filter(pk=other.pk).update(started_at=began)
    assert sync_runs.sync_source(source).n_kept == 1
    with pytest.raises(running_runs.RunEnded):
        running_runs.hold_run(other)


def test_a_run_that_another_worker_has_ended_writes_nothing_more(agreed, source, put, monkeypatch):
    """It stood still for minutes, its worker was taken for dead, and the source was read anew."""
    put(f"1001,{days_ago(1)},病欠,")
    pages = source_reader._pages

    def stands_still(*args):
        began = timezone.now() - running_runs.LONGEST_RUN
        SyncRun.objects.filter(state=RunState.RUNNING).update(started_at=began)
        monkeypatch.setattr(source_reader, "_pages", pages)
        assert sync_runs.sync_source(source).n_kept == 1
        put(f"1001,{days_ago(1)},遅刻,")
        return pages(*args)

    monkeypatch.setattr(source_reader, "_pages", stands_still)
    run = sync_runs.sync_source(source)
    assert (run.state, run.fault, run.n_read) == (RunState.FAILED, RunFault.CUT_OFF, 0)
    assert source.runs.filter(state=RunState.DONE).count() == 1
    assert source.runs.count() == 2


def test_check_counts_files_without_reading_them(source, put):
    put("x")
    assert "1個" in source_reader.connector_for(source).check()
