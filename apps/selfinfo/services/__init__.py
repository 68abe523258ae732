"""Services of わたしの情報, from beginning a session to storing its few facts."""

from apps.selfinfo.services.codes import save_code
from apps.selfinfo.services.endpoints import TRIAL_CODES, configured_endpoint, install_trial_codes
from apps.selfinfo.services.offers import Offer, offers_for, students_for_guardian
from apps.selfinfo.services.session_queries import count_refused_sessions, sessions_begun_by
from apps.selfinfo.services.session_steps import advance_sessions, delete_old_sessions
from apps.selfinfo.services.sessions import (
    CannotBeginSession,
    NotifiedTooEarly,
    SessionInProgress,
    SessionNotFound,
    begin_session,
    complete_authorisation,
    record_notification,
)

__all__ = [
    "TRIAL_CODES",
    "CannotBeginSession",
    "NotifiedTooEarly",
    "SessionNotFound",
    "Offer",
    "SessionInProgress",
    "begin_session",
    "advance_sessions",
    "complete_authorisation",
    "delete_old_sessions",
    "install_trial_codes",
    "count_refused_sessions",
    "record_notification",
    "offers_for",
    "configured_endpoint",
    "save_code",
    "sessions_begun_by",
    "students_for_guardian",
]
