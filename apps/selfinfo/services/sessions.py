"""Begins a session, takes up the return from マイナポータル, and its notification, each once."""

import secrets
from datetime import timedelta

from django.db import transaction

from apps.consent.services.purpose_status import party_of
from apps.core import clock
from apps.core.clock import wake_worker
from apps.core.crypto import CannotUnseal
from apps.core.limits import allow
from apps.core.municipality_scope import across_municipalities
from apps.linkage.connectors.contract import AuthError
from apps.linkage.self_info_facts import PURPOSES
from apps.selfinfo import session_states as states
from apps.selfinfo import words
from apps.selfinfo.models import SelfInfoSession
from apps.selfinfo.services.endpoints import (
    codes_by_purpose,
    configured_endpoint,
    mynaportal_client,
    redirect_uri,
)
from apps.selfinfo.services.offers import offers_for, purposes_in_use
from apps.selfinfo.services.session_secrets import (
    open_session_secrets,
    seal_session_secrets,
    secret_digest,
)
from apps.selfinfo.services.transitions import change_state, lock_session, lock_student

ADVANCE_TASK = "selfinfo.advance_sessions"
MAX_CODE_LENGTH = 2000


class CannotBeginSession(Exception):
    """It cannot begin; the message is a sentence for the guardian."""


class SessionInProgress(Exception):
    """An earlier session is in progress: ``session`` is that one."""

    def __init__(self, session):
        super().__init__("もう たのんで います。")
        self.session = session


class SessionNotFound(Exception):
    """The return belongs to no session of this browser and person, or is too late; no reason is
    given.
    """


def begin_session(student, user, purposes, *, browser):
    """Begin a session for some of the offered ``purposes``; (SelfInfoSession, URL to go to).

    ``browser`` is a secret of this browser's session, to which the return is bound. Raises
    CannotBeginSession, or SessionInProgress where an earlier one of this guardian is in progress.
    """
    askable = {offer.purpose for offer in offers_for(student, user) if offer.is_askable}
    wanted = [purpose for purpose in PURPOSES if purpose in purposes]
    if configured_endpoint() is None:
        raise CannotBeginSession(words.NOT_CONFIGURED)
    if not wanted or not set(purposes) <= askable:
        raise CannotBeginSession(words.PURPOSE_NOT_OFFERED if purposes else words.CHOOSE_PURPOSE)
    with transaction.atomic():
        lock_student(student.pk)
        in_use = purposes_in_use(student, wanted)
        if not in_use:
            raise CannotBeginSession(words.NOT_IN_USE)
        _, guardian = party_of(user, student)
        _expire_unreturned(student, guardian)
        if not allow("self_info.begin", str(user.pk)):
            raise CannotBeginSession(words.TOO_MANY_SESSIONS)
        return _start_authorisation(student, guardian, user, in_use, browser)


def _expire_unreturned(student, guardian):
    """Expire an open session of this guardian and student that nobody returned to."""
    own = SelfInfoSession.objects.open().filter(student=student, guardian=guardian)
    earlier = own.select_for_update().first()
    if earlier is None:
        return
    if earlier.returned_at:
        raise SessionInProgress(earlier)
    change_state(earlier, states.EXPIRED, why="again")


def _start_authorisation(student, guardian, user, purposes, browser):
    state, verifier, secret = (secrets.token_urlsafe(32) for _ in range(3))
    now = clock.now()
    session = SelfInfoSession(
        municipality_id=student.municipality_id,
        student=student,
        guardian=guardian,
        purposes=purposes,
        is_trial=configured_endpoint().is_trial,
        steps=[[states.CREATED, now.isoformat()]],
        ends_at=now + states.SESSION_LIMIT,
        next_at=now + states.RETURN_LIMIT,
        state_digest=secret_digest(state),
        browser_digest=secret_digest(browser),
        notify_digest=secret_digest(secret),
    )
    seal_session_secrets(session, {"verifier": verifier, "secret": secret})
    session.save()
    change_state(session, states.AUTHORISING, actor=user)
    try:
        return session, mynaportal_client().authorise_url(
            state=state,
            verifier=verifier,
            redirect_uri=redirect_uri(),
            names=requested_name_codes(session),
        )
    except AuthError as error:
        raise CannotBeginSession(words.NOT_CONFIGURED) from error


def requested_name_codes(session, purposes=None):
    """The 特定個人情報名コード to request (set of str)."""
    codes = codes_by_purpose(session.municipality_id, is_trial=session.is_trial)
    wanted = session.purposes if purposes is None else purposes
    return {name for purpose in wanted for name, _ in codes.get(purpose, {})}


@transaction.atomic
def complete_authorisation(user, *, browser, state, code="", error=""):
    """Process the authorisation response of a browser; (session, whether it is the first time).

    The second time changes nothing. Raises SessionNotFound for a state that is unknown, of another
    browser or person, or too old, without saying which.
    """
    session = _session_of_state(user, browser, state)
    if session.returned_at:
        return session, False
    if session.state != states.AUTHORISING or session.next_at <= clock.now():
        raise SessionNotFound
    if error:
        _record_refusal(session, user, error)
    elif 0 < len(code) <= MAX_CODE_LENGTH and code.isascii() and code.isprintable():
        _keep_code(session, user, code)
    else:
        raise SessionNotFound
    return session, True


def _keep_code(session, user, code):
    session.returned_at = session.next_at = clock.now()
    try:
        seal_session_secrets(session, {**open_session_secrets(session), "code": code})
    except CannotUnseal:
        change_state(session, states.ERROR, why="cut", actor=user)
        return
    session.why = "back"
    session.save()
    wake_worker(ADVANCE_TASK)


def _session_of_state(user, browser, state):
    found = SelfInfoSession.objects.filter(state_digest=secret_digest(state)) if state else None
    own = found and found.begun_by(user).filter(browser_digest=secret_digest(browser)).first()
    if not own:
        raise SessionNotFound
    return lock_session(own.pk)


def _record_refusal(session, user, error):
    """End a session on an error response (RFC 6749, 4.1.2.1): refused, server busy, or wrong
    client.
    """
    session.returned_at = clock.now()
    if error == "access_denied":
        change_state(session, states.DENIED, actor=user)
    elif error in ("server_error", "temporarily_unavailable"):
        change_state(session, states.ERROR, actor=user)
    else:
        change_state(session, states.ERROR, why="refused", actor=user)


class NotifiedTooEarly(Exception):
    """The notification came before our request was saved: it must be sent again."""


@across_municipalities
@transaction.atomic
def record_notification(secret, process_id):
    """Record a notification; False for one that is not ours. The second one changes nothing.

    Raises NotifiedTooEarly where it came before our request was saved.
    """
    found = SelfInfoSession.objects.filter(notify_digest=secret_digest(secret)).first()
    if found is None:
        return False
    session = lock_session(found.pk)
    if session.state == states.AUTHORISING:
        raise NotifiedTooEarly
    if session.is_over or session.state == states.NOTIFIED:
        return True
    if session.process_id != process_id:
        return False
    change_state(session, states.NOTIFIED, next_at=clock.now() - timedelta(seconds=1))
    wake_worker(ADVANCE_TASK)
    return True
