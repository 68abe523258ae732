"""Periodic tasks of accounts and sessions."""

from celery import shared_task
from django.core.management import call_command

from apps.signin.services import (
    access_recovery,
    account_locks,
    account_unlocks,
    factor_resets,
    pin_resets,
    session_endings,
    sessions,
)


@shared_task(name="signin.follow_acts")
def follow_acts():
    """Carry out the acts that a second person agreed to; undo those that were stopped."""
    account_locks.apply_locks()
    session_endings.apply_agreed_endings()
    pin_resets.apply_resets()
    factor_resets.apply_factor_resets()
    account_unlocks.apply_unlocks()
    access_recovery.apply_recoveries()


@shared_task(name="signin.clear_sessions")
def clear_sessions():
    """Delete the rows of sessions that have ended."""
    call_command("clearsessions")
    sessions.delete_ended()
