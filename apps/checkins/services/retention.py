"""The clock: what no key opens any more, or whose time is over, goes."""

from django.db.models import Q

from apps.checkins.models import CheckIn
from apps.checkins.services.late_deliveries import delete_expired_keys
from apps.checkins.services.storage import PURPOSE
from apps.consent.services import row_sweeps
from apps.consent.services.purpose_status import oldest_days_kept


def delete_expired_checkins() -> int:
    """Delete check-ins whose key was destroyed or whose time is over; returns how many.

    One AuditEvent per student and transaction.
    """
    swept = row_sweeps.sweep_rows(CheckIn, source="checkins", what="チェックイン", expired=_over())
    delete_expired_keys()
    return swept.n


def _over():
    """A Q for the check-ins that are older than their municipality keeps them."""
    found = Q(pk__in=[])
    for municipality_id, first_day in oldest_days_kept(PURPOSE).items():
        found |= Q(municipality=municipality_id, answered_on__lt=first_day)
    return found
