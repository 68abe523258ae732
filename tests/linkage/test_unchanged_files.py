"""A file whose stamp is the same is not hashed again, for less than a day; nothing new costs little."""

import os
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core import stored_folders
from apps.core.storage_aliases import SOURCES
from apps.linkage.connectors.school_files import SchoolFiles, folder
from apps.linkage.models import DataSource, RunState, SourceKind, SyncRun
from apps.linkage.services import quiet_sources, sync_runs
from tests.linkage.test_attendance_import import days_ago
from tests.storage_folders import folder_of

GOOD = "管理コード,日付,出欠区分,備考\n1001,2026-11-09,病欠,\n".encode()
OTHER = GOOD.replace("病欠".encode(), "遅刻".encode())
HOUR = timedelta(hours=1)


@pytest.fixture
def hashed(monkeypatch):
    """The names of the files that are read to be hashed."""
    names, plain = [], folder.survey_file

    def survey(file, most):
        names.append(os.path.basename(file.name) if isinstance(file.name, str) else file.name)
        return plain(file, most)

    monkeypatch.setattr(folder, "survey_file", survey)
    return names


@pytest.fixture
def file(tmp_path):
    """A file that was written an hour ago."""
    path = tmp_path / "attendance_daily.csv"
    path.write_bytes(GOOD)
    age(path)
    return path


def age(path, by=HOUR):
    at = (timezone.now() - by).timestamp()
    os.utime(path, (at, at))


def pulled(path, cursor, *, after=timedelta()):
    files = SchoolFiles(path.parent, now=timezone.now() + after)
    pages = list(files.pull(cursor, "a"))
    return pages[-1].cursor if pages else cursor


def test_a_file_that_did_not_change_is_not_opened(file, hashed):
    cursor = pulled(file, {})
    assert (len(hashed), cursor["hashes"].keys()) == (1, {file.name})
    assert pulled(file, cursor, after=HOUR) == cursor
    assert len(hashed) == 1


def test_a_file_with_another_size_or_time_is_hashed_again(file, hashed):
    cursor = pulled(file, {})
    age(file, timedelta(minutes=30))
    cursor = pulled(file, cursor)
    file.write_bytes(GOOD + b"1001,2026-11-10,\xe7\x97\x85\xe6\xac\xa0,\n")
    age(file, timedelta(minutes=30))
    assert pulled(file, cursor)["files"] != cursor["files"]
    assert len(hashed) == 3


def test_a_file_put_in_the_place_of_another_is_hashed_again(file, hashed, tmp_path):
    cursor, times = pulled(file, {}), file.stat()
    new = tmp_path / "new.txt"
    new.write_bytes(OTHER)
    os.utime(new, ns=(times.st_atime_ns, times.st_mtime_ns))
    new.replace(file)
    assert pulled(file, cursor)["files"] != cursor["files"]


def test_content_that_changed_under_the_same_stamp_is_found_within_a_day(file, hashed, monkeypatch):
    cursor = pulled(file, {})
    stamp = stored_folders.stamp_of_file(file)
    file.write_bytes(OTHER)
    monkeypatch.setattr(stored_folders, "stamp_of_file", lambda path: stamp)
    assert pulled(file, cursor, after=19 * HOUR) == cursor
    assert pulled(file, cursor, after=21 * HOUR)["files"] != cursor["files"]


def test_a_file_written_just_now_is_hashed_at_the_next_look_too(file, hashed):
    age(file, timedelta())
    cursor = pulled(file, {})
    assert cursor["hashes"] == {}
    assert pulled(file, cursor, after=timedelta(minutes=5))["files"] == cursor["files"]
    assert len(hashed) == 2


def test_a_clock_that_was_ahead_makes_no_stamp_last(file, hashed):
    cursor = pulled(file, {}, after=100 * HOUR)
    pulled(file, cursor)
    assert len(hashed) == 2


# -- many folders ----------------------------------------------------------------------------------


@pytest.fixture
def folders(agreed, inbox):
    """``folders(n)``: n sources, each with a file that was imported."""

    def make(n):
        for number in range(n):
            place = inbox.parent / f"{DataSource.objects.count()}"
            place.mkdir()
            path = place / "attendance_daily.csv"
            path.write_text(f"管理コード,日付,出欠区分,備考\n1001,{days_ago(3 + number)},病欠,\n")
            age(path)
            source = DataSource.objects.create(
                municipality=agreed.city, school=agreed.school, kind=SourceKind.SCHOOL_FILES,
                title="出欠", place=place.name, keeps_others=True,
            )  # fmt: skip
            sync_runs.sync_source(source)
        make_due()

    return make


def make_due():
    DataSource.objects.update(next_at=timezone.now())


def statements():
    make_due()
    with CaptureQueriesContext(connection) as queries:
        runs = sync_runs.sync_all()
    return len(runs), len(queries)


def test_more_folders_without_news_cost_no_more_statements(folders, hashed):
    folders(2)
    n_runs, n_statements = statements()
    assert n_runs == 2
    folders(4)
    del hashed[:]
    assert statements() == (6, n_statements)
    assert hashed == []


def test_a_run_without_news_says_so_and_is_followed_by_the_next_one(folders):
    folders(1)
    (run,) = sync_runs.sync_all()
    source = run.source
    assert (run.state, run.message, run.n_read) == (RunState.DONE, "新しい ものは ありません。", 0)
    source.refresh_from_db()
    assert source.next_at - run.finished_at == timedelta(minutes=source.every_minutes)
    assert sync_runs.sync_all() == []


def test_rows_that_were_refused_are_still_told(agreed, source, put, inbox):
    put("1001,きのう,病欠,", f"1001,{days_ago(1)},病欠,")
    age(inbox / "attendance_daily.csv")
    sync_runs.sync_source(source)
    make_due()
    (run,) = sync_runs.sync_all()
    assert run.state == RunState.PARTLY
    assert "前に 取り込めなかった 行が 残って います。" in run.message
    assert SyncRun.objects.count() == 2


@pytest.mark.parametrize("news", ["changed", "new", "gone", "strange", "no folder", "agreed"])
def test_a_folder_with_any_news_has_a_run_of_its_own(folders, news, agreed, monkeypatch):
    folders(2)
    source = DataSource.objects.order_by("place").first()
    place = sync_runs.DataSource.objects.get(pk=source.pk)
    path = folder_of(SOURCES) / place.municipality.code / place.place / "attendance_daily.csv"
    if news == "changed":
        path.write_bytes(OTHER)
    elif news in ("new", "strange"):
        name = "attendance_daily_2.csv" if news == "new" else "x.csv"
        (path.parent / name).write_bytes(GOOD)
    elif news in ("gone", "no folder"):
        path.unlink()
    if news == "no folder":
        path.parent.rmdir()
    if news == "agreed":
        DataSource.objects.filter(pk=source.pk).update(cursor={**source.cursor, "agreed": "x"})
    ended = quiet_sources.end_quiet_runs(list(DataSource.objects.all()), float("inf"))
    assert source.pk not in {run.source_id for run in ended}
    assert len(ended) == 1


def test_a_folder_that_is_being_read_is_left_alone(folders, monkeypatch):
    folders(1)
    monkeypatch.setattr(quiet_sources, "LOCK_SOURCES", quiet_sources.LOCK_SOURCES + " AND false")
    assert quiet_sources.end_quiet_runs(list(DataSource.objects.all()), float("inf")) == []
