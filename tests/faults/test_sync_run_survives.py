"""Whatever is killed while a source is read, nothing is half-written, and the next run imports all
once.
"""

import uuid
from datetime import time as clock_time
from datetime import timedelta

import jpholiday
import pytest

from apps.consent.models import Purpose
from apps.consent.services.decisions import withdraw
from apps.core import clock
from apps.core.clock import today
from apps.helpline.models import EscalationStep, EscalationStepState
from apps.helpline.services import help_requests
from apps.linkage.models import DataSource, LinkedRecord, RunState, SourceFile, SourceKind, SyncRun
from apps.linkage.services import deletion, sync_runs
from apps.linkage.services.running_runs import LONGEST_RUN
from kaga_portal.task_queues import ROUTES
from tests import factories
from tests.faults.conftest import kill, until

N_SWEEPS = 500
AT_ONCE_S = 5  # far above what a step takes, far below a worker's turn at a slow source
pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def source(transactional_db, request, tmp_path, monkeypatch):
    """A folder with one file of one student who agreed."""
    cast = request.getfixturevalue("cast")
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    monkeypatch.setenv("SOURCE_URL", f"file:{tmp_path}")
    folder = tmp_path / cast.city.code / "towa"
    folder.mkdir(parents=True)
    line = f"1001,{today() - timedelta(days=1)},病欠\n"
    (folder / "attendance_daily.csv").write_text("管理コード,日付,出欠区分\n" + line)
    return DataSource.objects.create(
        municipality=cast.city, school=cast.school, kind=SourceKind.SCHOOL_FILES, title="出欠",
        place="towa",
    )  # fmt: skip


@pytest.fixture
def blocked(source, start_worker, session):
    """A worker that has sealed the file and waits to write it, and the session that blocks it."""
    watcher, blocker = session(autocommit=True), session()
    blocker.execute("LOCK TABLE linkage_linkedrecord IN SHARE ROW EXCLUSIVE MODE")
    worker = start_worker(queues="followups,imports,sweeps")
    until(lambda: _writing(watcher))
    return worker, blocker


def _writing(session):
    return session.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock' AND query ILIKE '%INTO linkage_linkedrecord%'"
    ).fetchone()


def finished():
    return SyncRun.objects.filter(state=RunState.DONE, n_kept=1).exists()


def test_a_worker_killed_in_the_middle_of_a_file_leaves_nothing_and_the_next_takes_it_once(
    source, blocked, start_worker
):
    worker, blocker = blocked
    kill(worker)
    blocker.rollback()
    assert not LinkedRecord.objects.exists()
    assert not SourceFile.objects.exists()
    source.refresh_from_db()
    assert source.cursor == {}

    with pytest.raises(sync_runs.SourceBusy):  # perhaps it only stands still
        sync_runs.sync_source(source)
    SyncRun.objects.update(started_at=clock.now() - LONGEST_RUN)  # two minutes later
    start_worker()
    until(finished)
    assert LinkedRecord.objects.count() == 1
    cut_off = SyncRun.objects.get(state=RunState.FAILED)
    assert "とちゅうで 止まりました" in cut_off.message
    assert not SyncRun.objects.filter(state=RunState.RUNNING).exists()


def test_a_withdrawal_while_a_worker_reads_does_not_wait_for_it_and_wins(source, blocked, cast):
    _, blocker = blocked
    withdraw(
        student=cast.sakura, actor=cast.midori.user, purpose=Purpose.ATTENDANCE,
        form_key=cast.city.pk,
    )  # fmt: skip
    blocker.rollback()
    until(lambda: SyncRun.objects.filter(state=RunState.DONE, n_not_consented=1).exists())
    assert not LinkedRecord.objects.readable().exists()
    deletion.delete_expired_records()
    assert not LinkedRecord.objects.exists()


def test_a_run_asked_for_while_the_broker_is_gone_is_done_when_it_comes_back(
    source, broker, start_worker, cast
):
    broker.kill()
    DataSource.objects.update(is_on=False)  # the schedule would read it anyway
    run = sync_runs.request_run(source, by=cast.officer.user)
    broker.start()
    start_worker()
    until(finished)
    run.refresh_from_db()
    assert (run.state, run.n_kept) == (RunState.DONE, 1)


def test_a_source_that_holds_its_worker_and_full_queues_delay_no_help_request_and_no_mail(
    cast, blocked, start_worker, mailbox, session, broker, monkeypatch
):
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    broker.fill("linkage.sync_all", 20)
    broker.fill("linkage.sweep", N_SWEEPS)
    for name in ("helpline.escalate", "mail.send_due"):
        broker.fill(name, 1)
        start_worker(queues=ROUTES[name]["queue"])
    until(lambda: not broker.n_waiting("help") and not broker.n_waiting("mail"))  # both are up
    help_request = help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", form_key=uuid.uuid4()
    )
    until(lambda: _is_called(help_request) and mailbox.letters, AT_ONCE_S)
    assert _writing(session(autocommit=True))
    assert not finished()
    assert broker.n_waiting("sweeps") == N_SWEEPS


def test_one_worker_of_all_queues_takes_the_help_request_before_everything_that_waits(
    cast, start_worker, broker, monkeypatch
):
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    broker.fill("linkage.sweep", N_SWEEPS)
    broker.fill("linkage.sync_all", 150)
    broker.fill("checkins.raise_words", 5)
    help_request = help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", form_key=uuid.uuid4()
    )
    broker.fill("helpline.escalate", 1)  # the last that came
    start_worker(has_beat=False)
    until(lambda: _is_called(help_request))
    until(lambda: not broker.n_waiting("imports"))
    assert broker.n_waiting("followups") == 0
    assert broker.n_waiting("sweeps") > N_SWEEPS - 100  # taken in turn, it would be 150 fewer
    help_request = help_requests.send_help_request(
        student=cast.ren, wanted="nurse", form_key=uuid.uuid4()
    )
    broker.fill("helpline.escalate", 1)
    until(lambda: _is_called(help_request), AT_ONCE_S)
    assert broker.n_waiting("sweeps")


def _is_called(help_request):
    step = EscalationStep.objects.get(request=help_request, number=1)
    return step.state == EscalationStepState.DONE
