"""Late deliveries: answers encrypted on a tablet without network, and delivered afterwards."""

import logging
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from django.db import DatabaseError, transaction

from apps.checkins import tickets
from apps.checkins.models import QuestionSet
from apps.checkins.services import withheld_words
from apps.checkins.services.delivery_keys import (
    CannotOpenItem,
    DeliveryKeyDamaged,
    key_point,
    open_item,
    todays_key,
)
from apps.checkins.services.question_sets import published_question_set
from apps.checkins.services.storage import (
    PURPOSE,
    CannotSubmitCheckIn,
    CheckedSubmission,
    CheckInNotOffered,
    find_or_flag_conflict,
    insert_submissions,
)
from apps.checkins.services.submissions import clean_answers
from apps.core import clock
from apps.core.clock import JST
from apps.core.json_input import read_json
from apps.core.municipality_scope import across_municipalities
from apps.vault.models import SubjectKey
from apps.vault.services.key_pauses import existing_keys
from apps.vault.services.keys import planned_unlocked_keys, replaced_among
from apps.vault.shares import StoreUnavailable

log = logging.getLogger(__name__)


class LateDeliveryState(StrEnum):
    """The result of one delivered answer; the tablet deletes it on all but LATER."""

    KEPT = "kept"
    NOT_KEPT = "not_kept"  # consent was withdrawn: nothing was stored; never while only paused
    REFUSED = "refused"  # not ours, too old, or not an answer to these questions
    LATER = "later"


@dataclass(frozen=True)
class SealingEnvelope:
    """What a page needs to encrypt its answers: the ticket, and today's public key (base64)."""

    ticket: str
    key_id: UUID
    point: str


@dataclass(frozen=True)
class SealedItem:
    """One encrypted body as delivered; ``digest`` identifies it on the tablet (hex)."""

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
    keeps_out: withheld_words.KeepsOut


# -- for the page ---------------------------------------------------------------------------------


def storage_key_id(student):
    """The id of the key under which this student's answers may be stored now, or None."""
    keys = SubjectKey.objects.in_use().filter(student=student, purpose=PURPOSE).order_by()
    return keys.values_list("pk", flat=True).first()


def sealing_envelope(student, question_set, client_key, key_id=None):
    """The SealingEnvelope for one opening of a form, or None while nothing may be stored.

    ``key_id`` is that of ``storage_key_id``, where the caller already has it.
    """
    key_id = key_id or storage_key_id(student)
    if key_id is None:
        return None
    ticket = tickets.Ticket(
        student_id=student.pk,
        user_id=student.user_id,
        key_id=key_id,
        question_set_id=question_set.pk,
        client_key=client_key,
    )
    key = todays_key()
    return SealingEnvelope(tickets.issue_ticket(ticket), key.pk, key_point(key))


# -- deliveries -----------------------------------------------------------------------------------


@across_municipalities
def deliver_items(items):
    """The LateDeliveryState of each SealedItem, in order. Never raises for an item's content."""
    now = clock.now()
    plain = [_plain(item) for item in items]  # decrypt all first, then store all
    opened = [_opened(*pair, now) for pair in zip(items, plain, strict=True)]
    good = [each for each in opened if isinstance(each, _Opened)]
    states = iter(_stored_together(good))
    return [next(states) if isinstance(each, _Opened) else each for each in opened]


def _plain(item):
    """The decrypted item (bytes), or its state where it cannot be decrypted."""
    try:
        return open_item(item)
    except CannotOpenItem as error:
        _refused(error)
        return LateDeliveryState.REFUSED
    except DeliveryKeyDamaged:
        return LateDeliveryState.LATER


def _opened(item, plain, now):
    """The _Opened of an item, or its state where the content is not an answer to our form."""
    if not isinstance(plain, bytes):
        return plain
    try:
        content = read_json(plain)
        ticket = tickets.read_ticket(str(content["ticket"]))
        if ticket.client_key != item.client_key:
            return LateDeliveryState.REFUSED
        answers = dict(content["answers"])
        keeps_out = withheld_words.take_keeps_out(answers)
        clean = clean_answers(published_question_set(ticket.question_set_id), answers)
        return _Opened(ticket, clean, _day(ticket, content.get("elapsed"), now), keeps_out)
    except _NO_ANSWER as error:
        _refused(error)
        return LateDeliveryState.REFUSED


def _refused(error):
    log.info("a delivered answer was refused: %s", type(error).__name__)


_NO_ANSWER = (
    QuestionSet.DoesNotExist,
    tickets.BadCheckInTicket,
    CannotSubmitCheckIn,
    ValueError,
    TypeError,
    KeyError,
)


def _day(ticket, elapsed, now):
    """The day of the answer: by the server's clock, and how long the page was open.

    A tablet's clock may be wrong by years, but not the seconds it counts.
    """
    most = (now - ticket.opened_at).total_seconds()
    seconds = min(max(float(elapsed or 0), 0), max(most, 0))
    return (ticket.opened_at + timedelta(seconds=seconds)).astimezone(JST).date()


def _stored_together(opened):
    """Store many in one statement; where the database refuses it, one by one. Their states."""
    try:
        return _stored(opened) if opened else []
    except StoreUnavailable:  # unknown whether the key exists
        return [LateDeliveryState.LATER] * len(opened)
    except DatabaseError:
        return [_stored_alone(each) for each in opened]


def _stored_alone(each):
    try:
        return _stored([each])[0]
    except (DatabaseError, StoreUnavailable) as error:
        log.warning("a delivered answer must wait: %s", type(error).__name__)
        return LateDeliveryState.LATER


def _stored(opened):
    now = clock.now()
    keys = planned_unlocked_keys({each.ticket.student_id for each in opened}, PURPOSE)
    before = _replaced_before(keys, opened)
    answers = [_answer(keys.get(each.ticket.student_id), each, before) for each in opened]
    sent = [(one, each.keeps_out) for one, each in zip(answers, opened, strict=True) if one]
    sealable = withheld_words.set_apart(sent)
    with _together(sealable):
        found = zip(sealable, insert_submissions(sealable, now) if sealable else [], strict=True)
        states = [
            LateDeliveryState.NOT_KEPT if answer is None else _state(now, *next(found))
            for answer in answers
        ]
    return _waiting_where_paused(opened, states)


def _together(answers):
    """One transaction where text is stored apart from its check-in."""
    return transaction.atomic() if any(each.apart for each in answers) else nullcontext()


def _waiting_where_paused(opened, states):
    """The states, with LATER instead of NOT_KEPT where the key of the answer still exists.

    The key is paused or damaged, or was a moment ago: the tablet delivers the answer again.
    """
    if LateDeliveryState.NOT_KEPT not in states:
        return states
    known_key_ids = existing_keys({each.ticket.key_id for each in opened})
    return [
        LateDeliveryState.LATER
        if state is LateDeliveryState.NOT_KEPT and each.ticket.key_id in known_key_ids
        else state
        for each, state in zip(opened, states, strict=True)
    ]


def _replaced_before(keys, opened):
    """{key id: student id} of the keys named by tickets that were replaced because of damage."""
    named = {each.ticket.key_id for each in opened} - {key.id for key in keys.values()}
    return replaced_among(named) if named else {}


def _answer(key, each, before):
    """The CheckedSubmission, or None where the key of the answer is gone (a later one is another).

    A key replaced because of damage is not gone: nobody has withdrawn.
    """
    ticket = each.ticket
    if key is None or (key.id != ticket.key_id and before.get(ticket.key_id) != key.student_id):
        return None
    return CheckedSubmission(
        key,
        ticket.question_set_id,
        ticket.client_key,
        each.clean,
        each.answered_on,
        ticket.user_id,
    )


def _state(now, answer, result):
    is_held, is_new = result
    if not is_held:
        return LateDeliveryState.NOT_KEPT
    try:
        check_in_id = answer.id if is_new else find_or_flag_conflict(answer, now)
    except CheckInNotOffered:
        return LateDeliveryState.NOT_KEPT
    except CannotSubmitCheckIn:
        return LateDeliveryState.REFUSED
    if answer.apart is not None:
        withheld_words.store(answer, check_in_id, now)
    return LateDeliveryState.KEPT
