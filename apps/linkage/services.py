"""Keeping linked data in step with its sources, and deleting it when its time is over."""

import logging
import time
from datetime import timedelta
from itertools import takewhile

from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record, record_many
from apps.consent.services import note_clean, note_deleted
from apps.core.clock import today
from apps.linkage.models import DataSource, LinkedRecord, RunState, SyncRun
from apps.linkage.sync import AlreadyRunning, SingleRun, connector_of, run_over
from apps.people.permissions import role_of

SWEEP_AT_ONCE = 1000
QUIET_RUNS_KEPT = timedelta(days=30)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_DOUBLINGS = 6
START_WITHIN_S = 25  # a run may take 60, a task 90
log = logging.getLogger(__name__)

__all__ = [
    "AlreadyRunning",
    "check",
    "last_links",
    "last_run",
    "save_source",
    "sweep",
    "sync",
    "sync_all",
]


def sync(source, *, by=None):
    """Read one source now and return its SyncRun, whatever came of it; running again is harmless.

    ``by`` is the member of staff who asked, None for the clock. Raises AlreadyRunning.
    """
    with SingleRun(source):
        source = DataSource.objects.get(pk=source.pk)
        source.runs.filter(state=RunState.RUNNING).update(
            state=RunState.FAILED, message="とちゅうで 止まりました。", finished_at=timezone.now()
        )
        run = SyncRun.objects.create(municipality_id=source.municipality_id, source=source)
        run_over(source, run)
    log.info("sync %s: %s, %d kept", source.pk, run.state, run.n_kept)
    has_issues = run.n_read and run.state != RunState.DONE
    if by is not None or run.n_kept or has_issues:
        _record(Action.SYNC_FINISHED, run, by)
    return run


def sync_all():
    """Read every source that is on and due; returns the SyncRuns. One failure stops no other.

    The one read longest ago goes first, so what there is no time for is first the next time.
    """
    runs, deadline = [], time.monotonic() + START_WITHIN_S
    for source in _longest_ago_first():
        if time.monotonic() > deadline:
            break
        if not _is_due(source):
            continue
        try:
            runs.append(sync(source))
        except AlreadyRunning:
            log.info("sync %s: already running", source.pk)
    return runs


def check(source):
    """A sentence that the source answers; reads nobody's data. Raises contract.SourceError."""
    return connector_of(source).check()


@transaction.atomic
def save_source(source, *, by, fields):
    """Keep an edited source and record which ``fields`` changed; a new place is read from the start."""
    source.municipality_id = source.school.municipality_id
    if "place" in fields:
        source.cursor = {}
    source.save()
    _record(Action.RECORD_CHANGED, source, by, fields=fields)
    return source


def last_links(student):
    """{purpose: when something was last linked about this student that can still be read}."""
    found = LinkedRecord.objects.filter(student=student).readable()
    return dict(found.order_by().values_list("purpose").annotate(at=Max("received_at")))


def last_run(user):
    """The latest SyncRun this person may see, or None."""
    return SyncRun.objects.visible_to(user).select_related("source").first()


@transaction.atomic
def sweep():
    """Delete rows whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per (student, purpose) with the count. Quiet old runs go too.
    """
    over = LinkedRecord.objects.filter(
        Q(pk__in=LinkedRecord.objects.orphaned().values("pk")) | Q(kept_until__lt=today())
    )
    doomed = LinkedRecord.objects.filter(
        pk__in=list(over.order_by("pk").values_list("pk", flat=True)[:SWEEP_AT_ONCE])
    )
    counts = doomed.order_by().values("municipality_id", "student_id", "purpose")
    record_many(
        {
            "action": Action.ROWS_SWEPT,
            "municipality_id": count["municipality_id"],
            "subject_id": count["student_id"],
            "purpose": count["purpose"],
            "reason": f"連携データ {count['n']}件",
        }
        for count in counts.annotate(n=Count("pk"))
    )
    note_deleted("linkage", doomed)
    deleted, _ = doomed.delete()
    note_clean("linkage", LinkedRecord)
    _forget_quiet_runs()
    return deleted


def _forget_quiet_runs():
    quiet = Q(n_read=0) | Q(state=RunState.DONE, n_kept=0)
    SyncRun.objects.filter(quiet, started_at__lt=timezone.now() - QUIET_RUNS_KEPT).delete()


def _longest_ago_first():
    read_at = F("read_at").asc(nulls_first=True)
    sources = DataSource.objects.filter(is_on=True)
    return sources.annotate(read_at=Max("runs__started_at")).order_by(read_at, "pk")


def _is_due(source):
    """Whether enough time has passed since the last failures: 1, 2, 4 … 64 minutes."""
    latest = list(source.runs.all()[: LONGEST_DOUBLINGS + 1])
    failures = list(takewhile(_came_to_nothing, latest))
    pause = FIRST_PAUSE * 2 ** (len(failures) - 1) if failures else timedelta()
    return not latest or timezone.now() >= latest[0].started_at + pause


def _came_to_nothing(run):
    return run.state in (RunState.RETRY, RunState.FAILED) and not run.n_read


def _record(action, thing, by, fields=()):
    record(
        action,
        actor=by,
        role=role_of(by) if by is not None else "system",
        municipality_id=thing.municipality_id,
        thing=thing,
        fields=fields,
    )
