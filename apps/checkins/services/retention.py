"""Deletes check-ins that no key decrypts any more, or whose retention is over."""

from django.db.models import Exists, OuterRef, Q

from apps.checkins.models import CheckIn, WithheldWords
from apps.checkins.services.delivery_keys import delete_expired_keys
from apps.checkins.services.storage import PURPOSE
from apps.checkins.staff_word_models import StaffWord
from apps.consent.models import RowSource
from apps.consent.services import row_sweeps
from apps.consent.services.certificates import unswept_since
from apps.consent.services.purpose_status import oldest_days_kept
from apps.core import clock, sweeps

SWEEP_TASK = "checkins.sweep"


def delete_expired_checkins() -> int:
    """Delete check-ins whose key was destroyed or whose retention is over; how many.

    One AuditEvent per student and transaction.
    """
    over = _over()
    if not _delete_words_of_staff(over):  # before the key is forgotten that tells which are due
        clock.wake_worker(SWEEP_TASK)
        return 0
    swept = row_sweeps.sweep_rows(CheckIn, source=RowSource.CHECKINS, expired=over)
    delete_orphaned_words()
    delete_expired_keys()
    if not swept.is_done:  # at the end of a school year a million rows are due at once
        clock.wake_worker(SWEEP_TASK)
    return swept.n


def delete_orphaned_words() -> int:
    """Delete the texts whose check-in is gone, in silence; how many. They are counted with it."""
    check_ins = CheckIn.objects.filter(pk=OuterRef("check_in_id"))
    return sweeps.delete_due(WithheldWords.objects.exclude(Exists(check_ins))).n


def _delete_words_of_staff(over):
    """Delete the words of staff on what is deleted now, the same keys and days; whether all are."""
    orphaned = StaffWord.objects.orphaned(unswept_since(RowSource.CHECKINS))
    return all(sweeps.delete_due(due).is_done for due in (orphaned, StaffWord.objects.filter(over)))


def _over():
    """A Q for check-ins older than their municipality's retention."""
    found = Q(pk__in=[])
    for municipality_id, first_day in oldest_days_kept(PURPOSE).items():
        found |= Q(municipality=municipality_id, answered_on__lt=first_day)
    return found
