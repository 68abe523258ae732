"""Deletes sealed rows that no key opens any more or whose retention is over: counted, in bulk."""

from collections import deque

from django.db.models import Count, Q

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.consent.models import RowSource
from apps.consent.services.certificates import count_deleted_rows, mark_source_clean, unswept_since
from apps.core import sweeps

IDS_LOOKED_UP = 20 * sweeps.BATCH_SIZE  # ids kept in memory: finding them costs a sort


def sweep_rows(
    model, *, source: RowSource, expired: Q | None = None, audience: str = Audience.OPEN,
    seconds: float = sweeps.TIME_LIMIT_S,
) -> sweeps.SweepResult:  # fmt: skip
    """Delete the rows of a sealed ``model`` whose key was destroyed, or that ``expired`` names.

    Writes one AuditEvent per (student, purpose) and transaction; ``source`` names the rows there
    and on the deletion certificates. Ends when nothing is due or after ``seconds``.
    """
    since = unswept_since(source)
    step = _Step(model, source, expired, audience, since)
    swept = sweeps.run_sweep(step, seconds=seconds)
    if swept.is_done:
        mark_source_clean(source, model, since)
    return swept


class _Step:
    """Deletes one transaction's worth of rows at each call; ids are looked up for many calls."""

    def __init__(self, model, source, expired, audience, since):
        self.model, self.source, self.audience = model, source, audience
        self.due = [model.objects.orphaned(since)]
        if expired is not None:
            self.due.append(model.objects.filter(expired))
        self.ids = deque()

    def __call__(self):
        if not self.ids:
            self.ids.extend(self._look_up())
        chosen = [self.ids.popleft() for _ in range(min(sweeps.BATCH_SIZE, len(self.ids)))]
        held = self.model.objects.filter(pk__in=chosen).select_for_update(skip_locked=True)
        return self._delete(list(held.values_list("pk", flat=True))) if chosen else 0

    def _look_up(self):
        """Ids of what is due, those of one student together, so that few students share a
        transaction.
        """
        for due in self.due:
            found = due.order_by("student_id").values_list("pk", flat=True)[:IDS_LOOKED_UP]
            if ids := list(found):
                return ids
        return []

    def _delete(self, ids):
        rows = self.model.objects.filter(pk__in=ids)
        counts = rows.order_by().values("municipality_id", "student_id", "purpose")
        record_many(
            {
                "action": Action.ROWS_SWEPT,
                "municipality_id": count["municipality_id"],
                "subject_id": count["student_id"],
                "purpose": count["purpose"],
                "detail": self.source.value,
                "n_rows": count["n"],
                "audience": self.audience,
            }
            for count in counts.annotate(n=Count("pk"))
        )
        count_deleted_rows(self.source, rows)
        return rows.delete()[0]
