"""What a guardian sees of a session, and what staff must look at."""

from datetime import timedelta

from apps.core import clock
from apps.linkage import self_info_states as states
from apps.linkage.models import SelfInfoSession
from apps.linkage.self_info_words import NEEDS_A_PERSON
from apps.people.permissions import may

GOT_THROUGH = (states.DISCARDED, states.NO_DATA, states.UNSUPPORTED)
TOLD_FOR = timedelta(days=30)


def sessions_of(user, student=None):
    """The sessions this guardian began, newest first."""
    mine = SelfInfoSession.objects.begun_by(user).select_related("student", "guardian")
    return mine.filter(student=student) if student is not None else mine


def n_refused(user):
    """How many sessions were refused or unreadable since one last got through.

    Only then a person is needed: everything else ends or goes on by itself. 0 for who may not
    see the sources.
    """
    if not may(user, "linkage.view"):
        return 0
    mine = SelfInfoSession.objects.visible_to(user)
    good = mine.filter(state__in=GOT_THROUGH).order_by("-moved_at").first()
    since = max(filter(None, (good and good.moved_at, clock.now() - TOLD_FOR)))
    return mine.filter(state=states.ERROR, why__in=NEEDS_A_PERSON, moved_at__gt=since).count()
