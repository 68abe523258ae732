"""Deleting what cannot be read any more or whose time is over, and quiet old runs."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Q

from apps.audit.models import Action
from apps.audit.services import record_many
from apps.consent.services import note_clean, note_deleted
from apps.core import clock
from apps.core.clock import today
from apps.linkage.models import LinkedRecord, RunState, SyncRun
from apps.linkage.services.receiving import sweep_received

SWEEP_AT_ONCE = 1000
QUIET_RUNS_KEPT = timedelta(days=30)


def sweep():
    """Delete rows whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per (student, purpose) with the count. Quiet old runs go too, and files that
    nobody decided on.
    """
    sweep_received()
    return _sweep_rows()


@transaction.atomic
def _sweep_rows():
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
    SyncRun.objects.filter(quiet, started_at__lt=clock.now() - QUIET_RUNS_KEPT).delete()
