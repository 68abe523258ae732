"""Periodic tasks of letters and registrations."""

from datetime import timedelta
from functools import partial

from apps.core import clock
from apps.core.periodic_work import periodic_task
from apps.file_jobs.services import jobs
from apps.registration.services import (
    code_renewals,
    guardian_lists,
    guardian_renames,
    letter_files,
    registration_endings,
    reminders,
    revocations,
)
from apps.registration.services.guardian_list_jobs import HANDLERS, READ_TASK

read_files = periodic_task(READ_TASK, partial(jobs.run_next, HANDLERS, READ_TASK), **jobs.LIMITS)
follow_acts = periodic_task(
    "registration.follow_acts",
    code_renewals.apply_renewals,
    revocations.apply_revocations,
    guardian_renames.follow_renamings,
    registration_endings.lapse_unconfirmed,
    reminders.send_reminders,
)
make_letter_files = periodic_task(
    "registration.make_letter_files", letter_files.delete_expired_files, letter_files.make_due_files
)


def _drop_old_lists() -> None:
    """Drop lists of guardians that nobody decided about for a day."""
    guardian_lists.drop_old_lists(clock.now() - timedelta(days=1))


drop_old_lists = periodic_task("registration.drop_old_lists", _drop_old_lists)
