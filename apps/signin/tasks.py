"""The clock's door."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command

from apps.core import clock
from apps.file_jobs.services import jobs
from apps.signin import services
from apps.signin.services import (
    access_restored,
    arrival_reminders,
    ending_sessions,
    file_handlers,
    guardian_lists,
    letter_files,
    renaming,
    renewals,
    sessions,
)
from apps.signin.services.appointing import follow_post_acts
from apps.signin.services.factor_resets import follow_factor_resets
from apps.signin.services.revoking import follow_revocations
from apps.signin.services.unlocking import follow_unlocks


@shared_task(name="signin.forget_drafts")
def forget_drafts():
    services.forget_drafts(clock.now() - timedelta(days=1))
    guardian_lists.forget_old(clock.now() - timedelta(days=1))


@shared_task(name="signin.follow_acts")
def follow_acts():
    services.follow_acts()
    ending_sessions.end_agreed()
    services.renew_agreed()
    services.follow_resets()
    follow_factor_resets()
    follow_unlocks()
    follow_post_acts()
    follow_revocations()
    services.lapse_unconfirmed()
    arrival_reminders.remind()
    access_restored.follow_restorations()
    renaming.follow_renamings()


@shared_task(name="signin.clear_sessions")
def clear_sessions():
    """Delete the rows of sessions that have ended."""
    call_command("clearsessions")
    sessions.forget_over()


@shared_task(name="signin.sweep_posts")
def sweep_posts():
    """Posts that a date or a missed renewal ends, or would leave without a holder."""
    renewals.sweep()


@shared_task(name=file_handlers.TASK, **jobs.LIMITS)
def read_files():
    """Read the next file that staff uploaded: a roster, a list of guardians."""
    jobs.run_next(file_handlers.HANDLERS, file_handlers.TASK)


@shared_task(name="signin.make_letter_files")
def make_letter_files():
    """Make the PDFs that were asked for; delete those whose half hour is past."""
    letter_files.forget_over()
    letter_files.make_due()
