"""Periodic tasks of letters and registrations."""

from datetime import timedelta

from celery import shared_task

from apps.core import clock
from apps.file_jobs.services import jobs
from apps.registration.services import (
    code_renewals,
    guardian_list_jobs,
    guardian_lists,
    guardian_renames,
    letter_files,
    registration_endings,
    reminders,
    revocations,
)


@shared_task(name=guardian_list_jobs.READ_TASK, **jobs.LIMITS)
def read_files():
    """Read the next list of guardians that staff uploaded."""
    jobs.run_next(guardian_list_jobs.HANDLERS, guardian_list_jobs.READ_TASK)


@shared_task(name="registration.follow_acts")
def follow_acts():
    """Carry out the acts that a second person agreed to; undo those that were stopped."""
    code_renewals.apply_renewals()
    revocations.apply_revocations()
    guardian_renames.follow_renamings()
    registration_endings.lapse_unconfirmed()
    reminders.send_reminders()


@shared_task(name="registration.drop_old_lists")
def drop_old_lists():
    """Drop lists of guardians that nobody decided about for a day."""
    guardian_lists.drop_old_lists(clock.now() - timedelta(days=1))


@shared_task(name="registration.make_letter_files")
def make_letter_files():
    """Make the requested PDFs; delete those whose half hour is over."""
    letter_files.delete_expired_files()
    letter_files.make_due_files()
