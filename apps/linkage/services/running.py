"""When a source is read, how a run begins, and what follows from how it ended."""

import logging
import random
import time
from dataclasses import replace
from datetime import timedelta
from itertools import takewhile

from django.db import transaction
from django.db.models import F, Q

from apps.audit.models import Action
from apps.audit.services import record
from apps.core import clock
from apps.core.clock import nudge
from apps.linkage import faults, receiving
from apps.linkage.connectors.contract import Place
from apps.linkage.models import DataSource, Fault, RunState, SyncRun
from apps.linkage.progress import last_place_of
from apps.linkage.secrets import keep_under_newest
from apps.linkage.services.slow_files import note_time
from apps.linkage.sync import AlreadyRunning, SingleRun, run_over
from apps.people.permissions import role_of

FIRST_PAUSE = timedelta(minutes=1)
LONGEST_DOUBLINGS = 6  # 64 minutes
JITTER = 0.2
START_WITHIN_S = 25  # a run may take 60, a task 90
GOES_ON = "つぎの 回に、つづきを 読みます。"
CUT_OFF_BY_HAND = "何も 取り込んで いません。もう一度 取り込むか、すてて ください。"
MOST_CUT_OFF = 3  # in a row: then the source itself may be what kills the worker
log = logging.getLogger(__name__)


def sync(source, *, by=None, run=None):
    """Read one source now and return its SyncRun, whatever came of it; running again is harmless.

    ``by`` is the member of staff who asked, None for the clock; ``run`` a run that was waiting.
    Raises AlreadyRunning.
    """
    with SingleRun(source):
        gave_up = _end_cut_off(source)
        if gave_up and by is None and run is None:
            return source.runs.first()
        source = DataSource.objects.get(pk=source.pk)
        run = _begin(source, run, by)
        _finish(source, run, run_over(source, run))
    log.info("sync %s: %s, %d kept", source.pk, run.state, run.n_kept)
    if run.asked_by_id or run.n_kept or run.n_erased or (run.n_read and run.state != RunState.DONE):
        _record(run)
    return run


@transaction.atomic
def ask(source, *, by, is_trial=False, reads_again=False, upload="", **decided):
    """Queue a run for a worker and return it (WAITING); the one that waits already, if one does.

    That one then does what was asked of it later as well. ``decided`` is what a person said of a
    file that takes rows away: accepts_loss, keeps_others, loss_sha256.
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
    nudge("linkage.sync_all")
    return run


def sync_all():
    """Do the runs that wait, then read every source that is due; returns the SyncRuns.

    One failure stops no other, whatever it is. The source due longest goes first, so what there
    is no time for is first the next time.
    """
    deadline = time.monotonic() + START_WITHIN_S
    runs = []
    for source, run in [*_waiting(), *((source, None) for source in _due())]:
        if time.monotonic() > deadline:
            break
        try:
            runs.append(sync(source, run=run))
        except AlreadyRunning:
            log.info("sync %s: already running", source.pk)
        except Exception as error:
            log.error("sync %s: %s", source.pk, faults.position_of(error))
    _end_abandoned()
    return runs


def _waiting():
    """(source, run) of what was asked for, oldest first."""
    runs = SyncRun.objects.filter(state=RunState.WAITING).select_related("source")
    return [(run.source, run) for run in runs.order_by("started_at")]


def _due():
    now = clock.now()
    due = DataSource.objects.filter(Q(next_at=None) | Q(next_at__lte=now), is_on=True)
    return due.filter(stopped_at=None).order_by(F("next_at").asc(nulls_first=True), "pk")


def _begin(source, run, by):
    if run is None:
        return SyncRun.objects.create(
            municipality_id=source.municipality_id, source=source, asked_by=by
        )
    run.source, run.state, run.started_at = source, RunState.RUNNING, clock.now()
    run.save(update_fields=["state", "started_at"])
    return run


def _finish(source, run, ending):
    if run.upload and ending.state == RunState.RETRY:  # the clock asks for no file brought by hand
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
    if is_decided:
        receiving.drop(run)
    if run.is_trial or run.upload:
        return
    note_time(source, ending)
    stops = ending.state in (RunState.HELD, RunState.STOPPED)
    source.stopped_at = clock.now() if stops else None
    source.next_at = clock.now() + _pause(source, ending)
    source.save(update_fields=["stopped_at", "next_at"])
    if not stops:
        keep_under_newest(source)


def _pause(source, ending):
    """Until the next reading: its rhythm; after failures 1, 2, 4 … 64 minutes, give or take."""
    if ending.state not in (RunState.RETRY, RunState.FAILED):
        return timedelta(minutes=source.every_minutes)
    if ending.after is not None and not ending.after:
        return timedelta()
    latest = source.runs.filter(is_trial=False, upload="")[: LONGEST_DOUBLINGS + 1]
    n_failed = len(list(takewhile(_came_to_nothing, latest)))
    pause = FIRST_PAUSE * 2 ** max(0, n_failed - 1)
    spread = 1 + random.uniform(-JITTER, JITTER)  # noqa: S311 - so that sources do not march in step
    return max(pause * spread, ending.after or timedelta())


def _came_to_nothing(run):
    return run.state in (RunState.RETRY, RunState.FAILED) and not run.n_read


def _end_cut_off(source):
    """End the runs of killed workers; whether the source is given up for it.

    Whoever holds the lock knows that no other run over this source is alive.
    """
    cut_off = list(source.runs.filter(state=RunState.RUNNING))
    for run in cut_off:
        _end_one_cut_off(run)
    latest = list(source.runs.filter(is_trial=False, upload="")[:MOST_CUT_OFF])
    if not cut_off or len(latest) < MOST_CUT_OFF:
        return False
    if any(run.fault != Fault.CUT_OFF for run in latest):
        return False
    fault, place = _why_cut_off(latest)
    words = faults.given_up(fault, place, MOST_CUT_OFF)
    stopped = {"state": RunState.STOPPED, "fault": fault, "message": words}
    source.runs.filter(pk=latest[0].pk).update(**stopped)
    DataSource.objects.filter(pk=source.pk).update(stopped_at=clock.now())
    return True


def _why_cut_off(runs):
    """(Fault, Place): always at one place, which may be what kills the worker; or just killed."""
    places = {(run.stopped_file, run.stopped_line) for run in runs}
    place = Place(*places.pop())
    is_one = not places and bool(place.file)
    return (Fault.SAME_PLACE, place) if is_one else (Fault.KILLED, Place())


def _end_one_cut_off(run):
    """Its file waits for a decision where it came by hand; else the next reading goes on."""
    waits = bool(run.upload) and not run.is_trial
    place = last_place_of(run)
    words = faults.in_words(Fault.CUT_OFF, place)
    run.stopped_file, run.stopped_line = place.file[:200], place.line
    run.state, run.fault = RunState.HELD if waits else RunState.FAILED, Fault.CUT_OFF
    run.message, run.finished_at = words + (CUT_OFF_BY_HAND if waits else GOES_ON), clock.now()
    run.save(update_fields=[
        "state", "fault", "message", "finished_at", "stopped_file", "stopped_line",
    ])  # fmt: skip


def _end_abandoned():
    """End the runs of killed workers, of sources that nobody reads any more too."""
    for source in DataSource.objects.filter(runs__state=RunState.RUNNING).distinct():
        try:
            with SingleRun(source):
                _end_cut_off(source)
        except AlreadyRunning:
            continue
        except Exception as error:
            log.error("sync %s: %s", source.pk, faults.position_of(error))


def _record(run):
    by = run.asked_by
    record(
        Action.SYNC_FINISHED,
        actor=by,
        role=role_of(by, run.source) if by is not None else "system",
        municipality_id=run.municipality_id,
        thing=run,
        fields=(),
    )
