"""The sign-ins of an account: which there are, ending one of them, forgetting those that are over.

A session ends for good when its account's ``session_epoch`` goes on (every request compares it),
or when its row is gone. What is kept here lets people see and name them, and nothing else.
"""

from datetime import UTC, datetime
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef

from apps.audit.models import SecurityKind
from apps.core import clock
from apps.core.user_agents import device_of
from apps.people.account_kinds import fetch_group
from apps.people.models import User
from apps.people.services.security_events import note_security_event
from apps.signin.models import UserSession
from apps.signin.session_lifetime import LIFETIME_KEY, MAX_SESSIONS

SESSION_ID_KEY = (
    "signin.session"  # in a session: [id of its UserSession, the session's key as it was then]
)


@transaction.atomic
def begin_session(request, user: User, way: str) -> UserSession:
    """Note the sign-in of this request; the oldest beyond ``MOST`` of its kind of person end."""
    session = request.session
    if not session.session_key:
        session.save()
    made = _noted(
        session_key=session.session_key,
        user=user,
        epoch=user.session_epoch,
        way=way[:40],
        device=device_of(request.headers.get("User-Agent", "")),
        began_at=clock.now(),
        ends_at=datetime.fromtimestamp(session[LIFETIME_KEY][0], tz=UTC),
    )
    session[SESSION_ID_KEY] = [str(made.pk), session.session_key]
    for old in (
        live_sessions()
        .filter(user=user.pk)
        .order_by("-began_at", "pk")[MAX_SESSIONS[fetch_group(user)] :]
    ):
        _end(old)
    return made


def _noted(*, session_key, **values):
    """The one row of this session: who signs in again in it keeps its key, and the row begins anew."""
    UserSession.objects.bulk_create(
        [UserSession(session_key=session_key, **values)],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=list(values),
    )
    return UserSession.objects.get(session_key=session_key)


def update_session_key(session, user: User) -> None:
    """A session goes on under another key, perhaps in another epoch: its row follows."""
    pk, key = session[SESSION_ID_KEY]
    if key == session.session_key or not session.session_key:
        return
    UserSession.objects.filter(pk=pk).update(
        session_key=session.session_key, epoch=user.session_epoch
    )
    session[SESSION_ID_KEY] = [pk, session.session_key]


def delete_session_row(session_key: str | None) -> None:
    """It was signed out of."""
    if session_key:
        UserSession.objects.filter(session_key=session_key).delete()


def live_sessions():
    """The UserSessions that are not over."""
    now = clock.now()
    there = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    return UserSession.objects.filter(
        Exists(there), epoch=F("user__session_epoch"), ends_at__gt=now
    )


def sessions_of(user: User) -> list[tuple[UserSession, datetime]]:
    """[(sign-in that is not over, when it was last used)] of this account, the newest first."""
    rows = live_sessions().filter(user=user.pk).order_by("-began_at", "pk")
    keys = [row.session_key for row in rows]
    kept = {one.session_key: one.get_decoded() for one in Session.objects.filter(pk__in=keys)}
    return [(row, _used_at(kept.get(row.session_key, {}), row)) for row in rows]


def _used_at(decoded, row):
    life = decoded.get(LIFETIME_KEY)
    return datetime.fromtimestamp(life[1], tz=UTC) if life else row.began_at


@transaction.atomic
def end_session(user: User, pk) -> bool:
    """End one sign-in of this account by its id; whether there was such a one."""
    row = UserSession.objects.filter(user=user.pk, pk=pk).first()
    if row is None:
        return False
    _end(row)
    note_security_event(SecurityKind.SESSION_ENDED, user=user)
    return True


def _end(row):
    """Delete the session, in the database and in the cache, and what was noted of it."""
    import_module(settings.SESSION_ENGINE).SessionStore(row.session_key).delete()
    row.delete()


def delete_ended() -> int:
    """Delete what is noted of sign-ins that are over; how many."""
    return UserSession.objects.exclude(pk__in=live_sessions().values("pk")).delete()[0]
