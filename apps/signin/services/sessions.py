"""The sign-ins of an account: listing them, ending one, deleting those that are over.

A session ends for good when its account's ``session_epoch`` is increased (compared at every
request), or when its row is deleted. The UserSession rows only let people see and name them.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.audit.models import SecurityKind
from apps.core import clock, sweeps
from apps.core.user_agents import device_of
from apps.people.account_kinds import fetch_group
from apps.people.models import User
from apps.people.services.security_events import note_security_event
from apps.push.services.broadcasts import end_bindings
from apps.signin.models import UserSession
from apps.signin.session_lifetime import LIFETIME_KEY, MAX_SESSIONS
from apps.signin.sign_in_methods import SignInMethod

# The key in a session that holds [id of its UserSession, the session key at that time].
SESSION_ID_KEY = "signin.session"

PIN_COMES_LATER = (SignInMethod.SCHOOL_ACCOUNT, SignInMethod.LTI)
# More than the times that an account's sessions are ended between a backup and its restore.
EPOCHS_AFTER_RESTORE = 1000
DELETE_SECONDS = 30.0  # a task may take 90


@transaction.atomic
def begin_session(request, user: User, method: str) -> UserSession:
    """Record the sign-in of this request; ends the oldest ones beyond the maximum of the account's
    kind.

    One that has proved no PIN yet ends none that began with the card: whoever administers the
    school's accounts signs nobody out here.
    """
    session = request.session
    if not session.session_key:
        session.save()
    created = _store_session(
        session_key=session.session_key,
        user=user,
        epoch=user.session_epoch,
        method=method[:40],
        device=device_of(request.headers.get("User-Agent", "")),
        began_at=clock.now(),
        ends_at=datetime.fromtimestamp(session[LIFETIME_KEY][0], tz=UTC),
    )
    session[SESSION_ID_KEY] = [str(created.pk), session.session_key]
    own = live_sessions().filter(user=user.pk)
    if method in PIN_COMES_LATER:
        own = own.filter(method__in=PIN_COMES_LATER)
    for old in own.order_by("-began_at", "pk")[MAX_SESSIONS[fetch_group(user)] :]:
        _end(old)
    return created


def _store_session(*, session_key, **values):
    """The one row of this session; signing in again within it starts the row anew."""
    UserSession.objects.bulk_create(
        [UserSession(session_key=session_key, **values)],
        update_conflicts=True,
        unique_fields=["session_key"],
        update_fields=list(values),
    )
    return UserSession.objects.get(session_key=session_key)


def update_session_key(session, user: User) -> None:
    """Update the row when the session key (and perhaps the epoch) changed."""
    pk, key = session[SESSION_ID_KEY]
    if key == session.session_key or not session.session_key:
        return
    UserSession.objects.filter(pk=pk).update(
        session_key=session.session_key, epoch=user.session_epoch
    )
    session[SESSION_ID_KEY] = [pk, session.session_key]


def delete_session_row(session_key: str | None) -> None:
    """Delete the row after signing out."""
    if session_key:
        UserSession.objects.filter(session_key=session_key).delete()


def live_sessions():
    """The UserSessions that are not over."""
    now = clock.now()
    live_session = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    return UserSession.objects.filter(
        Exists(live_session), epoch=F("user__session_epoch"), ends_at__gt=now
    )


def sessions_of(user: User) -> list[tuple[UserSession, datetime]]:
    """[(sign-in that is not over, when it was last used)] of this account, the newest first."""
    rows = live_sessions().filter(user=user.pk).order_by("-began_at", "pk")
    keys = [row.session_key for row in rows]
    decoded_by_key = {
        one.session_key: one.get_decoded() for one in Session.objects.filter(pk__in=keys)
    }
    return [(row, _used_at(decoded_by_key.get(row.session_key, {}), row)) for row in rows]


def _used_at(decoded, row):
    lifetime = decoded.get(LIFETIME_KEY)
    return datetime.fromtimestamp(lifetime[1], tz=UTC) if lifetime else row.began_at


@transaction.atomic
def end_session(user: User, pk) -> bool:
    """End one sign-in of this account by its id; returns whether it existed."""
    row = UserSession.objects.filter(user=user.pk, pk=pk).first()
    if row is None:
        return False
    _end(row)
    note_security_event(SecurityKind.SESSION_ENDED, user=user)
    return True


def end_sessions_of_users(user_ids: Collection[UUID]) -> None:
    """End every sign-in of these accounts, and their push subscriptions."""
    User.objects.filter(pk__in=user_ids).update(session_epoch=F("session_epoch") + 1)
    UserSession.objects.filter(user__in=user_ids).delete()
    end_bindings(*user_ids)


@transaction.atomic
def end_every_session() -> int:
    """End all sign-ins of the portal, after a restore; how many sessions the database had.

    The cache may hold sessions from after the backup, of higher epochs than the restored ones: no
    account's new epoch is one of theirs. Devices stay bound.
    """
    User.objects.update(session_epoch=F("session_epoch") + EPOCHS_AFTER_RESTORE)
    UserSession.objects.all().delete()
    _, n_deleted = Session.objects.all().delete()
    return n_deleted.get(Session._meta.label, 0)


@transaction.atomic
def end_sessions_begun_by(method: SignInMethod, user_ids: Collection[UUID] | QuerySet) -> None:
    """End the sign-ins of these accounts that began by this method, alone or with a second factor.

    Their other sign-ins and their devices stay.
    """
    begun = Q(method=method) | Q(method__startswith=f"{method}+")
    rows = UserSession.objects.filter(begun, user__in=user_ids)
    for key in rows.values_list("session_key", flat=True):
        _delete_session(key)
    rows.delete()


def _end(row):
    """Delete the session, in the database and in the cache, and its UserSession."""
    _delete_session(row.session_key)
    row.delete()


def _delete_session(session_key):
    import_module(settings.SESSION_ENGINE).SessionStore(session_key).delete()


def delete_ended() -> int:
    """Delete sessions that have expired with their UserSessions, then UserSessions that are over;
    how many of these.

    A UserSession whose session ended otherwise is listed no more, and goes at its end at the latest.
    """
    now = clock.now()
    expired = Session.objects.filter(expire_date__lte=now)
    sweeps.run_sweep(lambda: _delete_expired(expired), seconds=DELETE_SECONDS)
    over = UserSession.objects.filter(ends_at__lte=now)
    return sweeps.delete_due(over, seconds=DELETE_SECONDS).n


def _delete_expired(expired):
    """Delete some expired sessions with their UserSessions; how many sessions."""
    held = expired.order_by().select_for_update(skip_locked=True)
    keys = list(held.values_list("pk", flat=True)[: sweeps.BATCH_SIZE])
    UserSession.objects.filter(session_key__in=keys).delete()
    return Session.objects.filter(pk__in=keys).delete()[0] if keys else 0
