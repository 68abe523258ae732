"""Periodic tasks of accounts and sessions."""

from apps.core.periodic_work import periodic_task
from apps.signin.services import (
    access_recovery,
    account_locks,
    account_unlocks,
    factor_resets,
    lti_keys,
    pin_resets,
    school_accounts,
    session_endings,
    sessions,
)

follow_acts = periodic_task(
    "signin.follow_acts",
    account_locks.apply_locks,
    session_endings.apply_agreed_endings,
    pin_resets.apply_resets,
    factor_resets.apply_factor_resets,
    account_unlocks.apply_unlocks,
    access_recovery.apply_recoveries,
)
clear_sessions = periodic_task(
    "signin.clear_sessions", sessions.delete_ended, school_accounts.delete_links_of_leavers
)
rotate_lti_keys = periodic_task("signin.rotate_lti_keys", lti_keys.rotate_keys)
