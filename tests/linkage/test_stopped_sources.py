"""Sources and files given up after some tries are reported, affect no others, and can be retried."""

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.urls import reverse
from django.utils import timezone

from apps.linkage.connectors.contract import SourcePosition
from apps.linkage.connectors.school_files import folder
from apps.linkage.models import DataSource, LossScope, RunFault, RunState, SlowFile, SyncRun
from apps.linkage.services import sync_runs
from apps.linkage.services.run_progress import RunProgress
from apps.linkage.services.running_runs import LONGEST_RUN
from tests.linkage.test_attendance_import import days_ago

SLOW = "attendance_daily_1_slow.csv"


@pytest.fixture
def city(cast, sign_in):
    return sign_in(cast.officer.user)


@pytest.fixture
def cut_off(agreed, source):
    """cut_off(place, …) leaves a run killed at each position, and runs the schedule."""

    def leave(*places):
        for place in places:
            run = SyncRun.objects.create(
                municipality=source.municipality, source=source, state=RunState.RUNNING,
                started_at=timezone.now() - LONGEST_RUN,
            )  # fmt: skip
            RunProgress(run).tell(0.5, place)
            DataSource.objects.update(next_at=None)
            sync_runs.sync_all()
            SyncRun.objects.filter(state=RunState.DONE).delete()
        source.refresh_from_db()
        return source.runs.first()

    return leave


def retry(city, source):
    page = city.post(reverse("admin:linkage_request_run", args=[source.pk, "retry"]))
    assert page.status_code == 302
    sync_runs.sync_all()
    source.refresh_from_db()
    return source.runs.first()


THIS_SERVER, OTHER_SERVER = (
    SourcePosition("attendance_daily.csv", 4_711),
    SourcePosition("attendance_daily.csv", 9_000),
)


def test_three_runs_cut_off_at_one_place_point_to_that_place(cut_off, source):
    run = cut_off(THIS_SERVER, THIS_SERVER, THIS_SERVER)
    assert (run.state, run.fault) == (RunState.STOPPED, RunFault.SAME_PLACE)
    assert "「attendance_daily.csv」の 4,711行め" in run.message
    assert "原因かも" in run.message
    assert source.stopped_at is not None


@pytest.mark.parametrize(
    "places",
    [
        (THIS_SERVER, OTHER_SERVER, THIS_SERVER),
        (SourcePosition(), SourcePosition(), SourcePosition()),
    ],
)
def test_three_runs_killed_anywhere_blame_no_file(cut_off, source, places):
    run = cut_off(*places)
    assert (run.state, run.fault) == (RunState.STOPPED, RunFault.KILLED)
    assert "ファイルの せいでは ないかも" in run.message
    assert "行め" not in run.message


@pytest.mark.parametrize("place", [THIS_SERVER, SourcePosition()])
def test_a_source_that_was_given_up_is_tried_again_at_a_press(cut_off, source, city, place, put):
    run = cut_off(place, place, place)
    for url in (
        reverse("admin:linkage_run", args=[run.pk]),
        reverse("admin:linkage_datasource_change", args=[source.pk]),
    ):
        assert "もう一度ためす" in city.get(url).content.decode()
    put(f"1001,{days_ago(1)},病欠,")
    assert (retry(city, source).n_kept, source.stopped_at) == (1, None)


def test_after_trying_again_it_takes_three_more_to_be_given_up(cut_off, source, city):
    cut_off(THIS_SERVER, THIS_SERVER, THIS_SERVER)
    retry(city, source)
    assert cut_off(THIS_SERVER, THIS_SERVER).state == RunState.FAILED
    assert source.stopped_at is None


# -- files that take too long -------------------------------------------------------------------


@pytest.fixture
def slow(agreed, source, put, monkeypatch):
    """A file that takes too long, and one after it."""
    put(f"1001,{days_ago(2)},遅刻,", name=SLOW)
    put(f"1001,{days_ago(1)},病欠,", name="attendance_daily_2.csv")
    plain, is_slow = folder.read_rows, {SLOW}

    def read(kind, mapping, file, name, *args, **more):
        if name in is_slow:
            raise SoftTimeLimitExceeded
        return plain(kind, mapping, file, name, *args, **more)

    monkeypatch.setattr(folder, "read_rows", read)
    return is_slow


def sync(source):
    return sync_runs.sync_source(DataSource.objects.get(pk=source.pk))


def test_a_file_without_end_is_set_aside_alone_after_three_tries(slow, source):
    for _ in range(3):
        run = sync(source)
        assert (run.state, run.fault, run.n_kept) == (RunState.FAILED, RunFault.TIME, 0)
    run = sync(source)
    assert (run.state, run.n_kept) == (RunState.PARTLY, 1)
    assert "ファイルを 1個 よけて あります" in run.message
    assert [issue.file for issue in run.issues.all()] == [SLOW]
    source.refresh_from_db()
    assert source.stopped_at is None
    assert sync(source).state == RunState.PARTLY  # reported each time, until somebody looks


def test_a_file_that_was_mended_is_another_one(slow, source, put):
    for _ in range(4):
        sync(source)
    slow.clear()
    assert sync(source).n_kept == 0
    put(f"1001,{days_ago(3)},遅刻,", name=SLOW)
    run = sync(source)
    assert (run.state, run.n_kept) == (RunState.DONE, 1)


def test_what_was_set_aside_is_read_again_at_a_press(slow, source, city):
    for _ in range(4):
        run = sync(source)
    for url in (
        reverse("admin:linkage_run", args=[run.pk]),
        reverse("admin:linkage_datasource_change", args=[source.pk]),
    ):
        assert "もう一度ためす" in city.get(url).content.decode()
    slow.clear()
    run = retry(city, source)
    assert (run.state, run.n_kept) == (RunState.DONE, 1)
    assert not SlowFile.objects.exists()


def test_two_tries_are_forgotten_once_a_run_got_through(slow, source):
    for _ in range(2):
        sync(source)
    slow.clear()
    assert sync(source).state == RunState.DONE
    slow.add(SLOW)
    DataSource.objects.update(cursor={})
    assert sync(source).fault == RunFault.TIME
    assert SlowFile.objects.get().n_failures == 1


def test_a_trial_counts_no_tries(slow, source, cast):
    for _ in range(4):
        sync_runs.request_run(source, by=cast.officer.user, is_trial=True)
        sync_runs.sync_all()
    assert not SlowFile.objects.filter(n_failures__gte=3).exists()


# -- what a question offers ---------------------------------------------------------------------


def test_keeping_others_is_not_offered_where_only_named_students_lose_rows(
    agreed, source, put, city
):
    put(*(f"1001,{days_ago(n)},病欠," for n in range(1, 9)))
    sync_runs.sync_source(source)
    put(f"1001,{days_ago(1)},病欠,", f"1001,{days_ago(8)},病欠,")
    run = sync_runs.sync_source(source)
    assert (run.state, run.loss_of) == (RunState.HELD, LossScope.NAMED)
    page = city.get(reverse("admin:linkage_run", args=[run.pk])).content.decode()
    assert "消えるのを確かめたので取り込む" in page
    assert "残して取り込む" not in page
