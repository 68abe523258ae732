"""Answers brought later: sealed on a tablet without network, delivered by whoever opens it next."""

import base64
import logging
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.db import DatabaseError

from apps.checkins import sealing, tickets
from apps.checkins.models import DeliveryKey, QuestionSet
from apps.checkins.services.answering import clean_answers
from apps.checkins.services.keeping import (
    PURPOSE,
    Answer,
    CannotSubmit,
    NotOffered,
    find_or_flag,
    insert,
)
from apps.checkins.services.questions import published_set
from apps.core import clock
from apps.core.clock import JST, today
from apps.core.json_input import read_json
from apps.vault import crypto
from apps.vault.damage import Finding
from apps.vault.models import DamageKind, SubjectKey
from apps.vault.services import (
    StoreAway,
    keys_of,
    note_damage,
    open_in,
    replaced_among,
    seal_in,
    still_there,
)

log = logging.getLogger(__name__)
KEYS_LIVE = timedelta(days=1) + tickets.VALID_FOR + timedelta(days=1)  # a page may stay open a day


class State(StrEnum):
    """What became of one delivered answer; on all but LATER the tablet forgets it."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"  # nobody agrees any more: nothing was stored; never while only paused
    REFUSED = "refused"  # not ours, too old, or no answer to these questions
    LATER = "later"


@dataclass(frozen=True)
class Envelope:
    """What a page needs to seal its answers: the ticket, and today's public key (65 bytes)."""

    ticket: str
    key_id: UUID
    public: bytes

    @property
    def point(self):
        """The public key as it stands in the page (base64)."""
        return base64.b64encode(self.public).decode()


@dataclass(frozen=True)
class Item:
    """One sealed body as it arrived; ``digest`` is how the tablet names it (hex)."""

    client_key: UUID
    key_id: UUID
    body: bytes
    digest: str = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "digest", sha256(self.body).hexdigest())


@dataclass(frozen=True, slots=True)
class _Opened:
    ticket: tickets.Ticket
    clean: dict
    answered_on: object


# -- what a page is given -----------------------------------------------------------------------


def key_of(student):
    """The id of the key under which this student's answers may be kept now, or None."""
    keys = SubjectKey.objects.in_use().filter(student=student, purpose=PURPOSE).order_by()
    return keys.values_list("pk", flat=True).first()


def envelope(student, question_set, client_key, key_id=None):
    """The Envelope for one opening of a form, or None while nothing may be kept.

    ``key_id`` is that of ``key_of``, where the caller has just asked.
    """
    key_id = key_id or key_of(student)
    if key_id is None:
        return None
    ticket = tickets.Ticket(
        student_id=student.pk,
        user_id=student.user_id,
        key_id=key_id,
        question_set_id=question_set.pk,
        client_key=client_key,
    )
    key = _key_of_today(today())
    return Envelope(tickets.issue(ticket), key.pk, bytes(key.public))


@lru_cache(maxsize=2)
def _key_of_today(on):
    """The DeliveryKey of a day, made by whoever comes first."""
    scalar = sealing.new_private()
    made = DeliveryKey(made_on=on, public=sealing.public_point(sealing.load_private(scalar)))
    seal_in(made, scalar)
    DeliveryKey.objects.bulk_create([made], ignore_conflicts=True)
    return DeliveryKey.objects.get(made_on=on)


@lru_cache(maxsize=32)
def _private(key_id):
    key = DeliveryKey.objects.get(pk=key_id)
    return key.made_on, sealing.load_private(open_in(key))


def forget_keys():
    """Delete the keys no valid ticket can need: what was sealed to them is lost for good."""
    return DeliveryKey.objects.filter(made_on__lt=today() - KEYS_LIVE).delete()[0]


# -- what a tablet brings -----------------------------------------------------------------------


def deliver(items):
    """What became of each Item (list of State, in order). Never raises for what an item holds."""
    now = clock.now()
    plain = [_plain(item, now) for item in items]  # all first: each of the two has its own pace
    opened = [_opened(*pair, now) for pair in zip(items, plain, strict=True)]
    good = [each for each in opened if isinstance(each, _Opened)]
    states = iter(_kept_together(good))
    return [next(states) if isinstance(each, _Opened) else each for each in opened]


def _plain(item, now):
    """What a page sealed into an Item (bytes), or None where no key of ours opens it.

    State.LATER where our key is there and cannot be used: the tablet keeps what it has.
    """
    try:
        made_on, private = _private(item.key_id)
        if made_on < now.astimezone(JST).date() - KEYS_LIVE:
            return None
        context = sealing.context_of(item.key_id, item.client_key)
        return sealing.open_(private, item.body, context)
    except (DeliveryKey.DoesNotExist, sealing.CannotOpen) as error:
        return _refused(error)
    except crypto.CannotOpen:
        note_damage(
            [Finding(DamageKind.KEY_CHANGED.value, item.key_id, table="checkins_deliverykey")]
        )
        return State.LATER


def _opened(item, plain, now):
    """The _Opened of an Item, or the State where what was sealed is no answer of ours."""
    if not isinstance(plain, bytes):
        return plain or State.REFUSED
    try:
        told = read_json(plain)
        ticket = tickets.read(str(told["ticket"]))
        if ticket.client_key != item.client_key:
            return State.REFUSED
        clean = clean_answers(published_set(ticket.question_set_id), dict(told["answers"]))
        return _Opened(ticket, clean, _day(ticket, told.get("elapsed"), now))
    except _NO_ANSWER as error:
        _refused(error)
        return State.REFUSED


def _refused(error):
    log.info("a delivered answer was refused: %s", type(error).__name__)


_NO_ANSWER = (
    QuestionSet.DoesNotExist,
    tickets.BadTicket,
    CannotSubmit,
    ValueError,
    TypeError,
    KeyError,
)


def _day(ticket, elapsed, now):
    """The day on which it was answered: the server's clock, and how long the page was open.

    A tablet's own clock may be wrong by years; the seconds it counts are not.
    """
    most = (now - ticket.opened_at).total_seconds()
    seconds = min(max(float(elapsed or 0), 0), max(most, 0))
    return (ticket.opened_at + timedelta(seconds=seconds)).astimezone(JST).date()


def _kept_together(opened):
    """The States of many in one statement; where the database refuses it, of each by itself."""
    try:
        return _kept(opened) if opened else []
    except StoreAway:  # nobody can tell now whose key is there
        return [State.LATER] * len(opened)
    except DatabaseError:
        return [_kept_alone(each) for each in opened]


def _kept_alone(each):
    try:
        return _kept([each])[0]
    except (DatabaseError, StoreAway) as error:
        log.warning("a delivered answer must wait: %s", type(error).__name__)
        return State.LATER


def _kept(opened):
    now = clock.now()
    keys = keys_of({each.ticket.student_id for each in opened}, PURPOSE)
    before = _replaced_before(keys, opened)
    answers = [_answer(keys.get(each.ticket.student_id), each, before) for each in opened]
    sealable = [answer for answer in answers if answer is not None]
    found = iter(insert(sealable, now) if sealable else [])
    states = [
        State.NOT_KEPT if answer is None else _state(answer, now, *next(found))
        for answer in answers
    ]
    return _waiting_where_paused(opened, states)


def _waiting_where_paused(opened, states):
    """The States, LATER instead of NOT_KEPT where the key the answer was written under exists.

    It is paused or damaged, or was a moment ago: the tablet keeps the answer and brings it again.
    """
    if State.NOT_KEPT not in states:
        return states
    there = still_there({each.ticket.key_id for each in opened})
    return [
        State.LATER if state is State.NOT_KEPT and each.ticket.key_id in there else state
        for each, state in zip(opened, states, strict=True)
    ]


def _replaced_before(keys, opened):
    """{key id: student id} of the keys named by tickets that were replaced because of damage."""
    named = {each.ticket.key_id for each in opened} - {key.id for key in keys.values()}
    return replaced_among(named) if named else {}


def _answer(key, each, before):
    """The Answer, or None where the key under which it was written is gone (a later is another).

    One that was replaced only because of damage is not gone: nobody took anything back.
    """
    ticket = each.ticket
    if key is None or (key.id != ticket.key_id and before.get(ticket.key_id) != key.student_id):
        return None
    return Answer(
        key,
        ticket.question_set_id,
        ticket.client_key,
        each.clean,
        each.answered_on,
        ticket.user_id,
    )


def _state(answer, now, is_held, is_new):
    if not is_held:
        return State.NOT_KEPT
    try:
        return State.KEPT if is_new or find_or_flag(answer, now) else State.LATER
    except NotOffered:
        return State.NOT_KEPT
    except CannotSubmit:
        return State.REFUSED
