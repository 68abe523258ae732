"""An uploaded file: previewed, tried, imported or discarded; nothing of it is left."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from apps.core.storage_aliases import UPLOADS
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceKind, SyncRun
from apps.linkage.services import deletion, record_loss, sync_runs, uploads
from apps.linkage.services.running_runs import LONGEST_RUN
from tests import file_workers
from tests.linkage.conftest import HEADER
from tests.linkage.test_attendance_import import days_ago
from tests.page_text import text_of
from tests.people.act_scenarios import propose
from tests.storage_folders import folder_of


def csv_of(*lines, name="2026年度_東和中_出欠.csv", header=HEADER, encoding="cp932"):
    return SimpleUploadedFile(name, "\r\n".join([header, *lines, ""]).encode(encoding))


def url_of(source):
    return reverse("admin:linkage_upload", args=[source.pk])


def decide(run, what):
    return reverse("admin:linkage_decide", args=[run.pk, what])


def stored_files():
    home = folder_of(UPLOADS)
    return [path for path in home.rglob("*") if path.is_file()] if home.is_dir() else []


@pytest.fixture
def principal(agreed, sign_in):
    return sign_in(agreed.principal.user)


@pytest.fixture
def uploaded(principal, source):
    """An uploaded file that waits for a decision."""
    sent = {"file": csv_of(f"1001,{days_ago(1)},病欠,ひみつ")}
    page = file_workers.send(principal, url_of(source), sent)
    assert page.status_code == 200
    return SyncRun.objects.get()


def test_a_file_is_shown_before_anything_is_taken_in(uploaded, principal):
    page = principal.get(reverse("admin:linkage_run", args=[uploaded.pk])).content.decode()
    for words in ("毎日の 出欠", "CP932", "読まない列", "備考", "あります", "取り込む"):
        assert words in page
    assert "ひみつ" not in page
    assert "1001" not in text_of(page)
    assert not LinkedRecord.objects.exists()


def test_a_file_is_taken_in_after_a_yes_and_gone_then(uploaded, principal, source):
    principal.post(decide(uploaded, "take"))
    sync_runs.sync_all()
    uploaded.refresh_from_db()
    assert (uploaded.state, uploaded.n_kept) == (RunState.DONE, 1)
    assert stored_files() == []
    source.refresh_from_db()
    assert "2026" not in str(source.cursor)
    assert principal.post(decide(uploaded, "take"), follow=True).status_code == 200
    assert LinkedRecord.objects.count() == 1


def test_a_trial_keeps_nothing_but_the_file(uploaded, principal):
    principal.post(decide(uploaded, "trial"))
    sync_runs.sync_all()
    trial = SyncRun.objects.get(is_trial=True)
    assert (trial.state, trial.n_kept) == (RunState.DONE, 1)
    assert not LinkedRecord.objects.exists()
    assert len(stored_files()) == 1


def test_a_file_thrown_away_is_gone(uploaded, principal):
    principal.post(decide(uploaded, "drop"))
    uploaded.refresh_from_db()
    assert (uploaded.state, stored_files()) == (RunState.STOPPED, [])
    page = principal.post(decide(uploaded, "drop"), follow=True).content.decode()
    assert "もう 決まって います" in page


def test_a_file_nobody_decides_on_is_thrown_away_after_a_week(uploaded, time_machine):
    deletion.delete_expired_records()
    assert len(stored_files()) == 1
    time_machine.move_to(timezone.now() + dt.timedelta(days=8))
    deletion.delete_expired_records()
    uploaded.refresh_from_db()
    assert (uploaded.state, stored_files()) == (RunState.STOPPED, [])


def test_a_file_that_would_take_much_away_asks_again(uploaded, principal, source, agreed):
    rows = [f"1001,{dt.date(2026, 4, 1) + dt.timedelta(days=n)},病欠," for n in range(60)]
    SyncRun.objects.all().delete()
    for wanted in (rows, rows[:1] + rows[-1:]):
        file_workers.send(principal, url_of(source), {"file": csv_of(*wanted)})
        run = SyncRun.objects.filter(state=RunState.HELD).get()
        principal.post(decide(run, "take"))
        sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, LinkedRecord.objects.count()) == (RunState.HELD, 60)
    assert "58件が 消えます" in run.message
    propose(principal, principal.post(decide(run, "loss")))
    record_loss.follow_acts()  # of one student alone: shown, with a reason, without a second person
    sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, run.n_erased, LinkedRecord.objects.count()) == (RunState.DONE, 58, 2)


BAD = {
    "no file": ({}, "ファイルを選んでください"),
    "empty": ({"file": SimpleUploadedFile("a.csv", b"")}, "ファイルが空です"),
    "no kind": ({"file": SimpleUploadedFile("a.csv", b"a,b\n1,2\n")}, "知って いる 見出しが ありません"),
    "a zip": ({"file": SimpleUploadedFile("a.zip", b"PK\x03\x04\x00\x00")}, "CSVのファイルだけを受け取れます"),
    "a zip called csv": (
        {"file": SimpleUploadedFile("a.csv", b"PK\x03\x04\x00\x00")}, "Excel か zip の ファイルです",
    ),
    "a long name": ({"file": SimpleUploadedFile(f"{'a' * 200}.csv", b"a,b\n")}, "名前を150字まで"),
    "UTF-16": (
        {"file": SimpleUploadedFile("a.csv", HEADER.encode("utf-16"))}, "文字コードが UTF-16 です",
    ),
    "a picture": ({"file": SimpleUploadedFile("a.csv", b"a\x00b")}, "CSV では ない ファイルです"),
    "a column short": (
        {"file": csv_of("1001,2026-11-01", header="管理コード,日付")}, "列が ありません: 出欠区分",
    ),
    "mixed": (
        {"file": SimpleUploadedFile("a.csv", HEADER.encode("cp932") + "\n病欠,病欠\n".encode())},
        "文字コードが とちゅうで 変わる",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_file_of_ours_is_refused_with_a_sentence_and_not_kept(name, principal, source):
    data, words = BAD[name]
    for file in data.values():
        file.seek(0)
    page = file_workers.send(principal, url_of(source), data)
    assert words in page.content.decode()
    assert stored_files() == []
    assert not SyncRun.objects.exists()


def test_a_name_with_a_path_stays_in_its_folder(principal, source):
    sent = {"file": csv_of("1001,2026-11-01,病欠,", name="../../x=1.csv")}
    file_workers.send(principal, url_of(source), sent)
    (path,) = stored_files()
    assert Path(path).name == "attendance_daily_x_1.csv"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_school_is_told_and_not_taken_in(principal, source):
    rows = [f"{9000 + n},{days_ago(1)},病欠," for n in range(20)]
    file_workers.send(principal, url_of(source), {"file": csv_of(*rows)})
    run = SyncRun.objects.get()
    assert (
        "ありません" in principal.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    )
    principal.post(decide(run, "take"))
    sync_runs.sync_all()
    run.refresh_from_db()
    assert (run.state, run.n_kept) == (RunState.PARTLY, 0)
    assert "ほかの 学校の ファイル" in run.issues.get().reason


@pytest.mark.parametrize("who", ["helpdesk", "homeroom", "nurse", "away_nurse", "midori", "sakura"])
def test_others_bring_and_decide_nothing(who, uploaded, source, agreed, sign_in):
    client = sign_in(getattr(agreed, who).user if who != "sakura" else agreed.sakura.user)
    sent = client.post(url_of(source), {"file": csv_of("x")}, follow=True)
    assert sent.status_code in (403, 404)
    for what in ("take", "loss", "drop", "trial"):
        assert client.post(decide(uploaded, what), follow=True).status_code in (403, 404)
    uploaded.refresh_from_db()
    assert uploaded.state == RunState.HELD


def test_only_folders_take_uploads_and_only_by_post(uploaded, principal, source, client):
    assert principal.get(decide(uploaded, "take")).status_code == 405
    assert principal.post(decide(uploaded, "eat")).status_code == 404
    assert client.post(url_of(source)).status_code == 302
    lrs = DataSource.objects.create(
        municipality=source.municipality, school=source.school, kind=SourceKind.XAPI_LRS,
        title="学習", place="https://lrs.example/xapi",
    )  # fmt: skip
    assert principal.get(url_of(lrs)).status_code == 404


def test_a_run_cut_off_gives_its_file_back_for_a_decision(uploaded, source, agreed):
    uploads.decide_run(uploaded, by=agreed.principal.user)
    SyncRun.objects.filter(pk=uploaded.pk).update(
        state=RunState.RUNNING, started_at=timezone.now() - LONGEST_RUN
    )
    sync_runs.sync_all()
    uploaded.refresh_from_db()
    assert (uploaded.state, len(stored_files())) == (RunState.HELD, 1)
    assert "何も 取り込んで いません" in uploaded.message
