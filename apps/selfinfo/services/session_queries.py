"""Finds sessions for their guardian, and counts refused ones for staff."""

from datetime import timedelta

from apps.core import clock
from apps.people.permissions import may
from apps.selfinfo import session_states as states
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.words import STAFF_REASONS

COMPLETED_STATES = (states.DISCARDED, states.NO_DATA, states.UNSUPPORTED)
REPORTED_FOR = timedelta(days=30)


def sessions_begun_by(user, student=None):
    """The sessions this guardian began, newest first."""
    sessions = SelfInfoSession.objects.begun_by(user).select_related("student", "guardian")
    return sessions.filter(student=student) if student is not None else sessions


def count_refused_sessions(user):
    """How many sessions were refused or unreadable since the last that completed.

    Only these need a person: all others end or continue by themselves. 0 for people who may not see
    the sources.
    """
    if not may(user, "linkage.view"):
        return 0
    sessions = SelfInfoSession.objects.visible_to(user)
    good = sessions.filter(state__in=COMPLETED_STATES).order_by("-state_changed_at").first()
    since = max(filter(None, (good and good.state_changed_at, clock.now() - REPORTED_FOR)))
    return sessions.filter(
        state=states.ERROR, why__in=STAFF_REASONS, state_changed_at__gt=since
    ).count()
