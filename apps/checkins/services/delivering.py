"""Answers brought later: sealed on a tablet without network, delivered by whoever opens it next."""

import base64
import json
import logging
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.checkins import sealing, tickets
from apps.checkins.models import DeliveryKey, QuestionSet
from apps.checkins.services.answering import (
    PURPOSE,
    CannotSubmit,
    clean_answers,
    keep,
    sealed_row,
)
from apps.checkins.services.questions import published_set
from apps.core.clock import JST, today
from apps.people.models import User
from apps.vault.models import SubjectKey
from apps.vault.services import key_ring, writing_keys

log = logging.getLogger(__name__)
KEYS_LIVE = timedelta(days=1) + tickets.VALID_FOR + timedelta(days=1)  # a page may stay open a day


class State(StrEnum):
    """What became of one delivered answer; on all but LATER the tablet forgets it."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"  # nobody agrees any more: nothing was stored
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
    """One sealed body as it arrived."""

    client_key: UUID
    key_id: UUID
    body: bytes

    @property
    def digest(self):
        """How the tablet names this body (hex)."""
        return sha256(self.body).hexdigest()


@dataclass(frozen=True)
class _Opened:
    ticket: tickets.Ticket
    clean: dict
    answered_on: object


# -- what a page is given -----------------------------------------------------------------------


def key_of(student):
    """The id of the key under which this student's answers may be kept now, or None."""
    keys = SubjectKey.objects.filter(student=student, purpose=PURPOSE).order_by()
    return keys.values_list("pk", flat=True).first()


def envelope(student, question_set, client_key, key_id=None):
    """The Envelope for one opening of a form, or None while nothing may be kept.

    ``key_id`` is that of ``key_of``, where the caller has just asked.
    """
    key_id = key_id or key_of(student)
    if key_id is None:
        return None
    ticket = tickets.Ticket(
        municipality_id=student.municipality_id,
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
    made.ring_key, made.wrapped = key_ring().wrap(scalar, _context(made))
    DeliveryKey.objects.bulk_create([made], ignore_conflicts=True)
    return DeliveryKey.objects.get(made_on=on)


@lru_cache(maxsize=32)
def _private(key_id):
    key = DeliveryKey.objects.get(pk=key_id)
    return key.made_on, sealing.load_private(
        key_ring().unwrap(key.ring_key, key.wrapped, _context(key))
    )


def _context(key):
    return f"delivery|{key.pk}|{key.made_on}".encode()


def forget_keys():
    """Delete the keys no valid ticket can need: what was sealed to them is lost for good."""
    return DeliveryKey.objects.filter(made_on__lt=today() - KEYS_LIVE).delete()[0]


# -- what a tablet brings -----------------------------------------------------------------------


def deliver(items):
    """What became of each Item (list of State, in order). Never raises for what an item holds."""
    opened = [_opened(item) for item in items]
    good = [each for each in opened if each is not None]
    states = iter(_kept_together(good))
    return [State.REFUSED if each is None else next(states) for each in opened]


def _opened(item):
    """The _Opened of an Item, or None where it is not one of ours or no answer."""
    try:
        made_on, private = _private(item.key_id)
        if made_on < today() - KEYS_LIVE:
            return None
        context = sealing.context_of(item.key_id, item.client_key)
        told = json.loads(sealing.open_(private, item.body, context))
        ticket = tickets.read(str(told["ticket"]))
        if ticket.client_key != item.client_key:
            return None
        clean = clean_answers(published_set(ticket.question_set_id), dict(told["answers"]))
        return _Opened(ticket, clean, _day(ticket, told.get("elapsed")))
    except _UNREADABLE as error:
        log.info("a delivered answer was refused: %s", type(error).__name__)
        return None


_UNREADABLE = (
    DeliveryKey.DoesNotExist,
    QuestionSet.DoesNotExist,
    sealing.CannotOpen,
    tickets.BadTicket,
    CannotSubmit,
    ValueError,
    TypeError,
    KeyError,
)


def _day(ticket, elapsed):
    """The day on which it was answered: the server's clock, and how long the page was open.

    A tablet's own clock may be wrong by years; the seconds it counts are not.
    """
    most = (timezone.now() - ticket.opened_at).total_seconds()
    seconds = min(max(float(elapsed or 0), 0), max(most, 0))
    return (ticket.opened_at + timedelta(seconds=seconds)).astimezone(JST).date()


def _kept_together(opened):
    """The States of many in one transaction; where that fails, of each in its own."""
    try:
        return _kept(opened) if opened else []
    except (DatabaseError, CannotSubmit):
        return [_kept_alone(each) for each in opened]


def _kept_alone(each):
    try:
        return _kept([each])[0]
    except CannotSubmit:
        return State.REFUSED
    except DatabaseError as error:
        log.warning("a delivered answer must wait: %s", type(error).__name__)
        return State.LATER


@transaction.atomic
def _kept(opened):
    keys = writing_keys({each.ticket.student_id for each in opened}, PURPOSE)
    open_to = [_is_open(keys, each.ticket) for each in opened]
    now = timezone.now()
    rows = [
        (_row(keys[each.ticket.student_id], each, now), User(pk=each.ticket.user_id))
        for each, is_open in zip(opened, open_to, strict=True)
        if is_open
    ]
    # Everybody inserts in one order, so that two who bring the same do not wait for each other.
    keep(sorted(rows, key=lambda pair: pair[0].client_key))
    return [State.KEPT if is_open else State.NOT_KEPT for is_open in open_to]


def _is_open(keys, ticket):
    """Whether the key under which it was written is still there (a later one is another)."""
    key = keys.get(ticket.student_id)
    return key is not None and key.id == ticket.key_id


def _row(key, each, now):
    return sealed_row(
        key,
        each.clean,
        municipality_id=each.ticket.municipality_id,
        question_set_id=each.ticket.question_set_id,
        client_key=each.ticket.client_key,
        answered_on=each.answered_on,
        received_at=now,
    )
