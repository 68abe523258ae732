"""Starts and ends sync runs, and plans when a source is read next."""

import logging
import random
import time
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile

from django.db import Error, transaction
from django.db.models import F, Q

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.clock import wake_worker
from apps.core.municipality_scope import within
from apps.linkage.connectors.contract import SourcePosition
from apps.linkage.models import DataSource, RunFault, RunState, SyncRun
from apps.linkage.services import faults, upload_files
from apps.linkage.services.quiet_sources import end_quiet_runs
from apps.linkage.services.run_progress import last_position
from apps.linkage.services.running_runs import (
    RunEnded,
    SourceBusy,
    begin_run,
    hold_run,
    lock_dead_runs,
)
from apps.linkage.services.slow_files import record_timeout
from apps.linkage.services.source_reader import read_source
from apps.linkage.services.source_secrets import reseal_secret
from apps.people.permissions import role_of

FIRST_RETRY_DELAY = timedelta(minutes=1)
MAX_DOUBLINGS = 6  # 64 minutes
JITTER = 0.2
START_SECONDS = 25  # a run may take 60, a task 90
CONTINUES_NEXT_RUN = "つぎの 回に、つづきを 読みます。"
UPLOAD_INTERRUPTED = "何も 取り込んで いません。もう一度 取り込むか、すてて ください。"
MAX_INTERRUPTED = 3  # interrupted runs in a row: then the source itself may crash the worker
log = logging.getLogger(__name__)


def sync_source(source, *, by=None, run=None):
    """Read one source now and return its SyncRun, whatever its result; running again is harmless.

    ``by`` is the member of staff who asked, None for the schedule; ``run`` a waiting run. Raises
    SourceBusy.
    """
    gave_up = _end_cut_off(source)
    if gave_up and by is None and run is None:
        return source.runs.first()
    run = begin_run(source, run, by)
    try:
        source = run.source = DataSource.objects.get(pk=source.pk)
        _finish(source, run, read_source(source, run))
    except RunEnded:
        log.warning("sync %s: it was slow, and another worker has ended it", source.pk)
        run.refresh_from_db()
        return run
    except BaseException:
        _give_up(source, run)
        raise
    log.info("sync %s: %s, %d kept", source.pk, run.state, run.n_kept)
    if run.asked_by_id or run.n_kept or run.n_erased or (run.n_read and run.state != RunState.DONE):
        _record(run)
    return run


@transaction.atomic
def request_run(source, *, by, is_trial=False, reads_again=False, upload="", **decided):
    """Queue a run for a worker and return it (WAITING); one that waits already is used again.

    It then does what was requested of both. ``decided`` is a person's decision on a file that
    deletes rows: accepts_loss, keeps_others, loss_sha256.
    """
    DataSource.objects.select_for_update().get(pk=source.pk)
    waiting = source.runs.filter(state=RunState.WAITING, is_trial=is_trial, upload=upload).first()
    if waiting is not None:
        waiting.reads_again = waiting.reads_again or reads_again
        for name, value in decided.items():
            setattr(waiting, name, value or getattr(waiting, name))
        waiting.save(update_fields=["reads_again", *decided])
        return waiting
    run = SyncRun.objects.create(
        municipality_id=source.municipality_id,
        source=source,
        state=RunState.WAITING,
        asked_by=by,
        is_trial=is_trial,
        reads_again=reads_again,
        upload=upload,
        **decided,
    )
    wake_worker("linkage.sync_all")
    return run


def sync_all():
    """Do the waiting runs, then read every source that is due; the SyncRuns.

    A failure does not stop the others. The source due longest goes first, so those without time now
    are first the next time.
    """
    deadline = time.monotonic() + START_SECONDS
    waiting, due = _waiting(), list(_due().select_related("municipality"))
    asked = {source.pk for source, _ in waiting}
    runs = end_quiet_runs([source for source in due if source.pk not in asked], deadline)
    quiet = {run.source_id for run in runs}
    due = [source for source in due if source.pk not in quiet]
    for source, run in [*waiting, *((source, None) for source in due)]:
        if time.monotonic() > deadline:
            break
        try:
            with within([source.municipality_id]):
                runs.append(sync_source(source, run=run))
        except SourceBusy:
            log.info("sync %s: already running", source.pk)
        except Exception as error:
            log.error("sync %s: %s", source.pk, faults.error_location(error))
    _end_abandoned()
    return runs


def _waiting():
    """(source, run) of the requested runs, oldest first."""
    runs = SyncRun.objects.filter(state=RunState.WAITING).select_related("source")
    return [(run.source, run) for run in runs.order_by("started_at")]


def _due():
    now = clock.now()
    due = DataSource.objects.filter(Q(next_at=None) | Q(next_at__lte=now), is_on=True)
    return due.filter(stopped_at=None).order_by(F("next_at").asc(nulls_first=True), "pk")


def _finish(source, run, ending):
    """Save how a run ended, and when the source is read next. Raises RunEnded."""
    with transaction.atomic():
        hold_run(run)
        is_decided = _save_ending(source, run, ending)
    if is_decided:
        upload_files.delete_upload(run)


def _save_ending(source, run, ending):
    """In one transaction; whether the run's uploaded file is needed no more."""
    if run.upload and ending.state == RunState.RETRY:  # uploaded files are not read on a schedule
        ending = replace(ending, state=RunState.HELD)
    run.state, run.message, run.finished_at = ending.state, ending.message[:300], clock.now()
    run.fault, run.loss_sha256 = ending.fault, ending.loss_sha256 or run.loss_sha256
    if ending.loss_sha256:
        run.n_lost_students, run.n_lost_records = ending.n_lost
        run.loss_of = ending.loss_of
    is_decided = run.upload and not run.is_trial and run.state != RunState.HELD
    if is_decided:
        run.upload_preview = None
    run.save(update_fields=[
        "state", "message", "finished_at", "fault", "loss_sha256", "n_lost_students",
        "n_lost_records", "loss_of", "upload_preview",
    ])  # fmt: skip
    if run.is_trial or run.upload:
        return is_decided
    record_timeout(source, ending)
    stops = ending.state in (RunState.HELD, RunState.STOPPED)
    source.stopped_at = clock.now() if stops else None
    source.next_at = clock.now() + _pause(source, ending)
    source.save(update_fields=["stopped_at", "next_at"])
    if not stops:
        reseal_secret(source)
    return False


def _pause(source, ending):
    """The time until the next run: its interval; after failures 1, 2, 4 … 64 minutes, with jitter."""
    if ending.state not in (RunState.RETRY, RunState.FAILED):
        return timedelta(minutes=source.every_minutes)
    if ending.after is not None and not ending.after:
        return timedelta()
    latest = source.runs.filter(is_trial=False, upload="")[: MAX_DOUBLINGS + 1]
    n_failed = len(list(takewhile(_came_to_nothing, latest)))
    pause = FIRST_RETRY_DELAY * 2 ** max(0, n_failed - 1)
    spread = 1 + random.uniform(-JITTER, JITTER)  # noqa: S311 - so that sources do not march in step
    return max(pause * spread, ending.after or timedelta())


def _came_to_nothing(run):
    return run.state in (RunState.RETRY, RunState.FAILED) and not run.n_read


def _give_up(source, run):
    """End a run that this worker cannot go on with: the next need not wait until it is overdue."""
    try:
        _end_cut_off(source, run)
    except Error as error:
        log.error("sync %s: not ended: %s", source.pk, type(error).__name__)


@transaction.atomic
def _end_cut_off(source, own=None):
    """End the runs of killed workers, and ``own``; whether the source is stopped for it."""
    cut_off = lock_dead_runs(source, own)
    for run in cut_off:
        _end_one_cut_off(run)
    latest = list(source.runs.filter(is_trial=False, upload="")[:MAX_INTERRUPTED])
    if not cut_off or len(latest) < MAX_INTERRUPTED:
        return False
    if any(run.fault != RunFault.CUT_OFF for run in latest):
        return False
    fault, place = _why_cut_off(latest)
    words = faults.source_stopped_words(fault, place, MAX_INTERRUPTED)
    stopped = {"state": RunState.STOPPED, "fault": fault, "message": words}
    source.runs.filter(pk=latest[0].pk).update(**stopped)
    DataSource.objects.filter(pk=source.pk).update(stopped_at=clock.now())
    return True


def _why_cut_off(runs):
    """(RunFault, SourcePosition): always at one position, which may crash the worker; or just
    killed.
    """
    places = {(run.stopped_file, run.stopped_line) for run in runs}
    place = SourcePosition(*places.pop())
    is_one = not places and bool(place.file)
    return (RunFault.SAME_PLACE, place) if is_one else (RunFault.KILLED, SourcePosition())


def _end_one_cut_off(run):
    """End one: an uploaded file waits for a decision; otherwise the next run continues."""
    waits = bool(run.upload) and not run.is_trial
    place = last_position(run)
    words = faults.fault_words(RunFault.CUT_OFF, place)
    run.stopped_file, run.stopped_line = place.file[:200], place.line
    run.state, run.fault = RunState.HELD if waits else RunState.FAILED, RunFault.CUT_OFF
    run.message, run.finished_at = (
        words + (UPLOAD_INTERRUPTED if waits else CONTINUES_NEXT_RUN),
        clock.now(),
    )
    run.save(update_fields=[
        "state", "fault", "message", "finished_at", "stopped_file", "stopped_line",
    ])  # fmt: skip


def _end_abandoned():
    """End the runs of killed workers, also of sources that are not read any more."""
    for source in DataSource.objects.filter(runs__state=RunState.RUNNING).distinct():
        try:
            _end_cut_off(source)
        except Exception as error:
            log.error("sync %s: %s", source.pk, faults.error_location(error))


def _record(run):
    by = run.asked_by
    role = role_of(by, run.source) if by is not None else "system"
    record_about(run, Action.SYNC_FINISHED, actor=by, role=role)
