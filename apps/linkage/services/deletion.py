"""Deletes records that cannot be read any more or whose time is over, and uneventful old runs."""

from datetime import timedelta

from django.db.models import Q

from apps.consent.models import RowSource
from apps.consent.services import row_sweeps
from apps.core import clock, sweeps
from apps.core.clock import today
from apps.linkage.models import LinkedRecord, RunState, SyncRun
from apps.linkage.services.uploads import sweep_uploads

IDLE_RUNS_KEPT = timedelta(days=30)
DELETE_SECONDS = 10.0
SWEEP_TASK = "linkage.sweep"


def delete_expired_records() -> int:
    """Delete rows whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per (student, purpose) with the count. Deletes uneventful old runs too, and
    uploads that nobody decided on.
    """
    sweep_uploads()
    over = Q(kept_until__lt=today())
    swept = row_sweeps.sweep_rows(LinkedRecord, source=RowSource.LINKAGE, expired=over)
    _delete_idle_runs()
    if not swept.is_done:  # at the end of a school year a million rows are due at once
        clock.wake_worker(SWEEP_TASK)
    return swept.n


def _delete_idle_runs():
    is_idle = Q(n_read=0) | Q(state=RunState.DONE, n_kept=0)
    due = SyncRun.objects.filter(is_idle, started_at__lt=clock.now() - IDLE_RUNS_KEPT)
    sweeps.delete_due(due, seconds=DELETE_SECONDS)
