"""A run is requested, shows its progress, and ends in a state; it says if it needs a person."""

import datetime as dt

import pytest
from django.db import OperationalError
from django.urls import reverse
from django.utils import timezone

from apps.consent.models import PurposePolicy
from apps.linkage.models import (
    DataSource,
    LinkedRecord,
    RunFault,
    RunState,
    SourceKind,
    SyncIssue,
    SyncRun,
)
from apps.linkage.services import data_sources, record_writer, source_reader, sync_runs
from apps.linkage.services.running_runs import LONGEST_RUN
from apps.linkage.services.source_secrets import seal_secret
from apps.people.models import Municipality, Student
from tests.linkage.oneroster_server import Server
from tests.linkage.oneroster_server import running as serving
from tests.linkage.test_attendance_import import counts, days_ago


def run_page_of(run):
    return reverse("admin:linkage_run", args=[run.pk])


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


def test_asking_twice_waits_once_and_a_worker_does_it(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    one = sync_runs.request_run(source, by=agreed.officer.user)
    assert sync_runs.request_run(source, by=agreed.officer.user) == one
    (run,) = [run for run in sync_runs.sync_all() if run.asked_by_id]
    assert (run, run.state, run.n_kept) == (one, RunState.DONE, 1)


def test_what_is_asked_of_a_run_that_waits_already_is_not_forgotten(agreed, source):
    one = sync_runs.request_run(source, by=agreed.officer.user)
    sync_runs.request_run(source, by=agreed.officer.user, reads_again=True)
    sync_runs.request_run(source, by=agreed.officer.user, accepts_loss=True)
    one.refresh_from_db()
    assert (one.reads_again, one.accepts_loss, SyncRun.objects.count()) == (True, True, 1)


def test_a_trial_says_what_would_happen_and_keeps_nothing(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,", "1001,きのう,病欠,")
    run = sync_runs.sync_source(
        source, run=sync_runs.request_run(source, by=agreed.officer.user, is_trial=True)
    )
    assert (run.n_kept, run.issues.count()) == (1, 1)
    assert not LinkedRecord.objects.exists()
    source.refresh_from_db()
    assert (source.cursor, source.next_at) == ({}, None)


def test_a_run_names_the_files_it_took_in_and_a_trial_none(agreed, source, put, city):
    put(f"1001,{days_ago(3)},病欠,", f"1001,{days_ago(1)},遅刻,")
    trial = sync_runs.sync_source(
        source, run=sync_runs.request_run(source, by=agreed.officer.user, is_trial=True)
    )
    run = sync_runs.sync_source(source)
    (file,) = run.files.all()
    assert (file.first_on.isoformat(), file.n_kept) == (days_ago(3), 2)
    assert "2件を新しく・変えて残した" in city.get(run_page_of(run)).content.decode()
    assert "取り込んだファイル" not in city.get(run_page_of(trial)).content.decode()


def test_what_is_past_its_time_is_counted_and_not_kept(agreed, source, put, city):
    PurposePolicy.objects.update(kept_days=30)
    put(f"1001,{days_ago(100)},病欠,", f"1001,{days_ago(1)},遅刻,")
    run = sync_runs.sync_source(source)
    assert (run.n_read, run.n_kept, run.n_too_old) == (2, 1, 1)
    assert "残す期間がすぎていたので捨てた" in city.get(run_page_of(run)).content.decode()


def test_reading_again_from_the_start_changes_nothing_that_is_right(agreed, source, put):
    put(f"1001,{days_ago(1)},病欠,")
    sync_runs.sync_source(source)
    LinkedRecord.objects.all().delete()
    assert sync_runs.sync_source(source).n_kept == 0
    again = sync_runs.request_run(source, by=agreed.officer.user, reads_again=True)
    assert counts(sync_runs.sync_source(source, run=again)) == (1, 0, 0)


def test_the_page_of_a_run_asks_for_itself_until_it_is_over(agreed, source, city, put):
    put(f"1001,{days_ago(1)},病欠,")
    run = sync_runs.request_run(source, by=agreed.officer.user)
    page = city.get(run_page_of(run)).content.decode()
    assert "every 1s" in page
    sync_runs.sync_all()
    live = city.get(run_page_of(run), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in live
    assert "every 1s" not in live
    assert "くわしく見る" in live


def test_problems_come_in_groups_and_as_a_table_without_a_cell(agreed, source, city, put):
    put(*(f"1001,きのう{n},病欠," for n in range(3)), f"1001,{days_ago(1)},ひみつ,")
    run = sync_runs.sync_source(source)
    page = city.get(run_page_of(run)).content.decode()
    assert "<td>3</td>" in page
    assert "2, 3, 4" in page
    table = city.get(reverse("admin:linkage_issues", args=[run.pk]))
    text = table.content.decode("utf-8-sig")
    assert table["Content-Type"].startswith("text/csv")
    assert '"attendance_daily.csv","5","出欠区分"' in text
    assert "ひみつ" not in page + text


def test_no_cell_of_the_table_is_a_formula(agreed, source, city, put):
    put("1001,きのう,病欠,", name="attendance_daily_1.csv")
    run = sync_runs.sync_source(source)
    run.issues.update(file="=cmd|' /C calc'!A0.csv")
    text = city.get(reverse("admin:linkage_issues", args=[run.pk])).content.decode()
    assert "\"'=cmd" in text


def test_three_runs_cut_off_in_a_row_stop_the_source_and_tell_staff(agreed, source, monkeypatch):
    for _ in range(3):
        SyncRun.objects.create(
            municipality=source.municipality, source=source, state=RunState.RUNNING,
            started_at=timezone.now() - LONGEST_RUN,
        )  # fmt: skip
        DataSource.objects.update(next_at=None)
        sync_runs.sync_all()
        SyncRun.objects.filter(state=RunState.DONE).delete()
    source.refresh_from_db()
    assert source.stopped_at is not None
    (trouble,) = data_sources.source_problems(agreed.officer.user)
    assert "3回 つづけて、読む しごとが とちゅうで 止められました" in trouble.words
    assert source.runs.first().fault == RunFault.KILLED
    sync_runs.sync_source(source, run=sync_runs.request_run(source, by=agreed.officer.user))
    source.refresh_from_db()
    assert source.stopped_at is None


def test_a_busy_database_is_asked_again_later(agreed, source, put, monkeypatch):
    put(f"1001,{days_ago(1)},病欠,")

    def busy(*_):
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(record_writer.RecordWriter, "pause", busy)
    run = sync_runs.sync_source(source)
    assert (run.state, LinkedRecord.objects.count()) == (RunState.RETRY, 0)


def test_a_source_without_news_is_late_on_a_school_day_only(agreed, source, put, time_machine):
    put(f"1001,{days_ago(1)},病欠,")
    sync_runs.sync_source(source)
    assert data_sources.source_problems(agreed.officer.user) == []
    time_machine.move_to(timezone.now() + dt.timedelta(days=5))
    (trouble,) = data_sources.source_problems(agreed.officer.user)
    assert trouble.words == "72時間より 長く、新しいものが 来ていません。"
    time_machine.move_to(timezone.now() + dt.timedelta(days=4))  # a Sunday
    assert data_sources.source_problems(agreed.officer.user) == []


def test_the_first_page_of_staff_names_what_stands_still(agreed, source, city, inbox):
    inbox.rmdir()
    for _ in range(3):
        sync_runs.sync_source(source)
    assert "止まっている・遅れている連携" in city.get(reverse("admin:index")).content.decode()
    page = city.get(reverse("admin:linkage_datasource_changelist")).content.decode()
    assert "3回 つづけて 読めませんでした。連携元の フォルダが ありません。" in page


def test_a_roster_is_a_source_like_the_others(db):
    city = Municipality.objects.create(code="172065", name="加賀市(架空)")
    with serving(Server()) as base:
        source = DataSource.objects.create(
            municipality=city, kind=SourceKind.ONEROSTER, title="名簿", place=base,
            token_url=f"{base}/token", user_name="portal",
        )  # fmt: skip
        assert sync_runs.sync_source(source).state == RunState.STOPPED  # no secret yet
        seal_secret(source, "secret")
        source.save()
        assert sync_runs.sync_source(source).n_kept == 9
        assert sync_runs.sync_source(source).state == RunState.DONE
    assert Student.objects.enrolled().count() == 7
    ((label, until, _),) = data_sources.source_freshness(source)
    assert (label, until is not None) == ("名簿", True)


@pytest.mark.parametrize("who", ["homeroom", "nurse", "away_nurse"])
def test_others_see_no_run(who, agreed, source, sign_in, put):
    put("1001,きのう,病欠,")
    run = sync_runs.sync_source(source)
    client = sign_in(getattr(agreed, who).user)
    assert client.get(run_page_of(run)).status_code == 404
    assert client.get(reverse("admin:linkage_issues", args=[run.pk])).status_code == 404


def test_rows_problems_and_how_far_it_was_read_are_kept_together_or_not_at_all(
    agreed, source, put, monkeypatch
):
    put(f"1001,{days_ago(1)},病欠,", "1001,きのう,病欠,")
    add = source_reader._add

    def dies_at_the_end(run, batch):
        add(run, batch)
        raise KeyboardInterrupt

    monkeypatch.setattr(source_reader, "_add", dies_at_the_end)
    with pytest.raises(KeyboardInterrupt):
        sync_runs.sync_source(source)
    source.refresh_from_db()
    assert (LinkedRecord.objects.count(), SyncIssue.objects.count(), source.cursor) == (0, 0, {})
    assert data_sources.source_freshness(source) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [(RunState.WAITING, "まだ始まっていません"), (RunState.RUNNING, "終わっていません")],
)
def test_a_run_nobody_works_on_says_so_once_its_time_is_over(
    state, words, agreed, source, city, time_machine
):
    run = sync_runs.request_run(source, by=agreed.officer.user)
    SyncRun.objects.filter(pk=run.pk).update(state=state)
    assert words not in city.get(run_page_of(run)).content.decode()
    time_machine.shift(dt.timedelta(minutes=4))
    live = city.get(run_page_of(run), headers={"HX-Request": "true"}).content.decode()
    assert words in live
    assert "ワーカーが動いているか" in live


def test_a_run_that_waits_for_a_word_is_not_called_over(agreed, source, city):
    run = sync_runs.request_run(source, by=agreed.officer.user)
    for state in (RunState.RUNNING, RunState.HELD):
        SyncRun.objects.filter(pk=run.pk).update(state=state)
    live = city.get(run_page_of(run), headers={"HX-Request": "true"}).content.decode()
    assert "見て決める" in live
    assert "終わりました" not in live
