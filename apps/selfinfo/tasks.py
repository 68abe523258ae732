"""Periodic tasks of self-info sessions."""

from apps.core.periodic_work import periodic_task
from apps.selfinfo.services import session_steps

advance_sessions = periodic_task("selfinfo.advance_sessions", session_steps.advance_sessions)
delete_old_sessions = periodic_task(
    "selfinfo.delete_old_sessions", session_steps.delete_old_sessions
)
