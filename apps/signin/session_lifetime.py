"""How long a sign-in lasts: renewed by activity, up to an absolute end.

ASVS 5.0, V7.3.1 and V7.3.2. An hour without activity ends it. The absolute end is a working day for
staff, a school day for students (whose shared tablets sign out after five minutes by themselves),
half a day for guardians. Times are the database's.
"""

import logging
import math

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.db import DatabaseError, transaction

from apps.core import clock
from apps.core.reason_grants import note_proof
from apps.people.account_kinds import fetch_group

log = logging.getLogger(__name__)
HOUR_S = 3600
IDLE_S = HOUR_S
# concurrent sessions; one more ends the oldest
MAX_SESSIONS = {"staff": 5, "student": 3, "guardian": 5}
MAX_LIFETIME_S = {"staff": 10 * HOUR_S, "student": 8 * HOUR_S, "guardian": 12 * HOUR_S}
RENEWED_EVERY_S = 300  # so that not every request writes the session
LIFETIME_KEY = "signin.life"  # [absolute end, last renewal]
# URLs that pages request by themselves: no activity of the person. And one that leaves no trace.
NO_ACTIVITY = {
    "notices:cards",
    "admin:linkage_run",
    "admin:push_broadcast_progress",
    "selfinfo:state",
    "push:ack",
    "push:leave",
    "push:renew",
    "push:trial_state",
    "signin:card",
    "registration:letter",
    "signin:session_left",
}


def note_sign_in(sender, request, user, **kwargs) -> None:
    """Start the lifetime at each sign-in, which is a proof too (receives ``user_logged_in``)."""
    begin_lifetime(request.session, user)
    note_proof(request.session)


def begin_lifetime(session, user) -> None:
    """Store when this sign-in of ``user`` ends."""
    now = clock.now().timestamp()
    session[LIFETIME_KEY] = [now + MAX_LIFETIME_S[fetch_group(user)], now]


def is_over(session) -> bool:
    """Whether the sign-in has ended, by inactivity or by its absolute end."""
    return seconds_left(session) <= 0


def seconds_left(session) -> int:
    """Seconds until this sign-in ends without activity; 0 or less when it has ended."""
    ends, renewed = session[LIFETIME_KEY]
    return math.ceil(min(ends, renewed + IDLE_S) - clock.now().timestamp())


def is_activity(request) -> bool:
    """Whether the request comes from an action of the person.

    Browsers send ``navigate`` for opened pages and sent forms; scripts, workers and htmx send
    something else. Without the header the URL decides.
    """
    if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
        return False
    if "HX-Request" in request.headers or request.resolver_match is None:
        return False
    return request.resolver_match.view_name not in NO_ACTIVITY


class SessionLifetimeMiddleware:
    """Signs out expired sign-ins before the view runs; renews the others."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return self.get_response(request)
        if SESSION_KEY in request.session:
            self._sign_out_or_begin(request)
        response = self.get_response(request)
        if LIFETIME_KEY in request.session and is_activity(request):
            self._renew(request.session)
        return response

    def _sign_out_or_begin(self, request):
        if LIFETIME_KEY not in request.session:  # the session began before this rule existed
            begin_lifetime(request.session, request.user)
        elif is_over(request.session):
            request.is_sign_in_over = True
            logout(request)

    def _renew(self, session):
        ends, renewed = session[LIFETIME_KEY]
        now = clock.now().timestamp()
        if now - renewed < RENEWED_EVERY_S:
            return
        if session.modified:  # saved at the end of the request anyway
            session[LIFETIME_KEY] = [ends, now]
            return
        try:
            _write_renewal(session, [ends, now])
        except DatabaseError as error:
            log.warning("a session was not renewed: %s", type(error).__name__)


@transaction.atomic
def _write_renewal(session, lifetime):
    """Write only the renewal, and nothing where the session has ended meanwhile.

    The row stays locked until the cache has its copy: a sign-out at this moment deletes both
    afterwards.
    """
    rows = session.model.objects.select_for_update()
    row = rows.filter(session_key=session.session_key).first()
    if row is None:
        return
    fresh = type(session)(session.session_key)
    fresh.update({**row.get_decoded(), LIFETIME_KEY: lifetime})
    fresh.save()
