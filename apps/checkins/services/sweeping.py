"""The clock: what no key opens any more, or whose time is over, goes."""

from django.db import transaction
from django.db.models import Count, Q

from apps.audit.models import Action
from apps.audit.services import record_many
from apps.checkins.models import CheckIn
from apps.checkins.services.delivering import forget_keys
from apps.checkins.services.keeping import PURPOSE
from apps.consent.services import note_clean, note_deleted, oldest_kept_of

SWEEP_AT_ONCE = 1000


@transaction.atomic
def sweep():
    """Delete check-ins whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per student.
    """
    over = CheckIn.objects.filter(_over()).order_by("pk").values_list("pk", flat=True)
    doomed = CheckIn.objects.filter(pk__in=list(over[:SWEEP_AT_ONCE]))
    counts = doomed.order_by().values("municipality_id", "student_id").annotate(n=Count("pk"))
    record_many(
        {
            "action": Action.ROWS_SWEPT,
            "municipality_id": count["municipality_id"],
            "subject_id": count["student_id"],
            "purpose": PURPOSE,
            "reason": f"チェックイン {count['n']}件",
        }
        for count in counts
    )
    note_deleted("checkins", doomed)
    deleted, _ = doomed.delete()
    note_clean("checkins", CheckIn)
    forget_keys()
    return deleted


def _over():
    found = Q(pk__in=CheckIn.objects.orphaned().values("pk"))
    for municipality_id, first_day in oldest_kept_of(PURPOSE).items():
        found |= Q(municipality=municipality_id, answered_on__lt=first_day)
    return found
