"""A guardian begins, goes out with a card, and comes back: once."""

import secrets
from datetime import timedelta

from django.db import transaction

from apps.consent.services import party_of
from apps.core import clock
from apps.core.clock import nudge
from apps.core.limits import allow
from apps.linkage import self_info_states as states
from apps.linkage import self_info_words as words
from apps.linkage.connectors.contract import AuthError
from apps.linkage.models import SelfInfoSession
from apps.linkage.self_info_reducing import PURPOSES
from apps.linkage.services.self_info.asking import offers
from apps.linkage.services.self_info.moving import hold_student, locked, move
from apps.linkage.services.self_info.papers import digest, open_papers, seal_papers
from apps.linkage.services.self_info.places import codes_of, place, portal, redirect_uri
from apps.vault.crypto import CannotOpen

CARRY = "linkage.carry_self_info"
CODE_LIMIT = 2000


class CannotBegin(Exception):
    """It cannot begin; the message is a sentence for the guardian."""


class UnderWay(Exception):
    """An earlier one is being answered: ``session`` says how far it is."""

    def __init__(self, session):
        super().__init__("もう たのんで います。")
        self.session = session


class NotYours(Exception):
    """Whoever came back is not the one who went out, or too late: nothing more is said."""


def begin(student, user, purposes, *, browser):
    """Begin a session for some of the offered ``purposes``; (SelfInfoSession, where to go).

    ``browser`` is a secret of this browser's session, to which the way back is bound. Raises
    CannotBegin, or UnderWay where an earlier session of this guardian is being answered.
    """
    askable = {offer.purpose for offer in offers(student, user) if offer.is_askable}
    wanted = [purpose for purpose in PURPOSES if purpose in purposes]
    if place() is None:
        raise CannotBegin(words.NOT_SET_UP)
    if not wanted or not set(purposes) <= askable:
        raise CannotBegin(words.NOT_ASKED if purposes else words.CHOOSE)
    with transaction.atomic():
        hold_student(student.pk)
        _, guardian = party_of(user, student)
        _make_room(student, guardian)
        if not allow("self_info.begin", str(user.pk)):
            raise CannotBegin(words.TOO_OFTEN)
        return _go_out(student, guardian, user, wanted, browser)


def _make_room(student, guardian):
    """One open session a guardian and student: one that nobody came back to makes way."""
    mine = SelfInfoSession.objects.open().filter(student=student, guardian=guardian)
    earlier = mine.select_for_update().first()
    if earlier is None:
        return
    if earlier.came_back_at:
        raise UnderWay(earlier)
    move(earlier, states.EXPIRED, why="again")


def _go_out(student, guardian, user, purposes, browser):
    state, verifier, secret = (secrets.token_urlsafe(32) for _ in range(3))
    now = clock.now()
    session = SelfInfoSession(
        municipality_id=student.municipality_id,
        student=student,
        guardian=guardian,
        purposes=purposes,
        is_trial=place().is_trial,
        steps=[[states.CREATED, now.isoformat()]],
        ends_at=now + states.ENDS_AFTER,
        next_at=now + states.COMES_BACK_WITHIN,
        state_digest=digest(state),
        browser_digest=digest(browser),
        notify_digest=digest(secret),
    )
    seal_papers(session, {"verifier": verifier, "secret": secret})
    session.save()
    move(session, states.AUTHORISING, actor=user)
    try:
        return session, portal().authorise_url(
            state=state, verifier=verifier, redirect_uri=redirect_uri(), names=names_of(session)
        )
    except AuthError as error:
        raise CannotBegin(words.NOT_SET_UP) from error


def names_of(session, purposes=None):
    """The 特定個人情報名コード to ask for (set of str)."""
    codes = codes_of(session.municipality_id, is_trial=session.is_trial)
    wanted = session.purposes if purposes is None else purposes
    return {name for purpose in wanted for name, _ in codes.get(purpose, {})}


@transaction.atomic
def come_back(user, *, browser, state, code="", error=""):
    """Take up the answer that a browser brought back; (session, whether it is the first time).

    The second time changes nothing. Raises NotYours for a state that is unknown, of another
    browser or person, or too old: which of these it was is not said.
    """
    session = _of_state(user, browser, state)
    if session.came_back_at:
        return session, False
    if session.state != states.AUTHORISING or session.next_at <= clock.now():
        raise NotYours
    if error:
        _end_refused(session, user, error)
    elif 0 < len(code) <= CODE_LIMIT and code.isascii() and code.isprintable():
        _keep_code(session, user, code)
    else:
        raise NotYours
    return session, True


def _keep_code(session, user, code):
    session.came_back_at = session.next_at = clock.now()
    try:
        seal_papers(session, {**open_papers(session), "code": code})
    except CannotOpen:
        move(session, states.ERROR, why="cut", actor=user)
        return
    session.why = "back"
    session.save()
    nudge(CARRY)


def _of_state(user, browser, state):
    found = SelfInfoSession.objects.filter(state_digest=digest(state)) if state else None
    mine = found and found.begun_by(user).filter(browser_digest=digest(browser)).first()
    if not mine:
        raise NotYours
    return locked(mine.pk)


def _end_refused(session, user, error):
    """RFC 6749, 4.1.2.1: the guardian said no, they are busy, or our client is not right."""
    session.came_back_at = clock.now()
    if error == "access_denied":
        move(session, states.DENIED, actor=user)
    elif error in ("server_error", "temporarily_unavailable"):
        move(session, states.ERROR, actor=user)
    else:
        move(session, states.ERROR, why="refused", actor=user)


class Early(Exception):
    """The answer is ready before we have written down that we asked: tell us again."""


@transaction.atomic
def note_ready(secret, process_id):
    """Take a notification; False for one that is not ours. The second one changes nothing.

    Raises Early where it came before our own request was written down.
    """
    found = SelfInfoSession.objects.filter(notify_digest=digest(secret)).first()
    if found is None:
        return False
    session = locked(found.pk)
    if session.state == states.AUTHORISING:
        raise Early
    if session.is_over or session.state == states.NOTIFIED:
        return True
    if session.process_id != process_id:
        return False
    move(session, states.NOTIFIED, next_at=clock.now() - timedelta(seconds=1))
    nudge(CARRY)
    return True
