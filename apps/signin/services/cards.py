"""Login cards: handed out, used with a PIN, locked when guessed at."""

import hashlib
import hmac
from datetime import timedelta

from django.db import transaction

from apps.audit.models import Action, SecurityKind
from apps.audit.services import record
from apps.core import clock
from apps.people.models import Student, User
from apps.people.permissions import role_of
from apps.people.security import note
from apps.push.services import end_bindings
from apps.signin import codes
from apps.signin.models import LoginCard
from apps.signin.services.access import STUDENT_STOPPED
from apps.signin.services.credentials import Change, end_other_sessions
from apps.signin.services.first_pins import note_first
from apps.vault.services import blind_indexes, keep_found_code, keyed_digests, seal_code

CODE, PIN = LoginCard.code_label, "login card pin"
PIN_FIELDS = ("pin_digest", "pin_ring_key")
LOCK_AT, LOCK_FOR, STOP_AT = 5, timedelta(minutes=15), 10


class CannotEnter(Exception):
    """The card and PIN do not open; the message (with ruby) is a sentence for the student."""


WRONG = "カードの ｜番号《ばんごう》か ｜暗証《あんしょう》｜番号《ばんごう》が ちがいます。"
LOCKED = (
    "なんども まちがえたので、いま とめて います。15｜分《ふん》 まってから、もう｜一度《いちど》 "
    "ためして ください。"
)
ASK_A_TEACHER = "｜先生《せんせい》に ｜聞《き》いて ください。"
STOPPED = (
    "この カードは とまって います。｜担任《たんにん》の ｜先生《せんせい》に ｜言《い》って、"
    "｜暗証《あんしょう》｜番号《ばんごう》を ｜決《き》めなおして ください。"
)


@transaction.atomic
def issue_cards(students, *, by):
    """Give each student a new card with the PIN of the old one, which ends, as do its sessions.

    Returns [(student, code)]. Never called to print: that is ``printing.print_cards``, which
    changes no code.
    """
    students = _lock_students([student.pk for student in students])
    valid = LoginCard.objects.valid().filter(student__in=students)
    old = {card.student_id: card for card in valid}
    valid.update(revoked_at=clock.now())
    return [(student, _new_card(student, by, old.get(student.pk))[1]) for student in students]


def end_sessions(student, *, keeps_devices=False):
    """Whoever is signed in as this student is out with the next request, and hears no more.

    Their devices are bound anew at the next visit: one that somebody else bound is not. With
    ``keeps_devices`` they stay bound, to hear why.
    """
    if student.user is not None:
        end_other_sessions(student.user, Change.CARD)
        if not keeps_devices:
            end_bindings(student.user)


@transaction.atomic
def replace_cards(card_ids, *, by):
    """A new card for each student whose named card is still theirs. Returns [(student, code)].

    A card that has ended already is passed over, so the same request sent twice changes once.
    """
    owners = LoginCard.objects.filter(pk__in=card_ids).values("student")
    students = _lock_students(owners)
    current = LoginCard.objects.valid().filter(pk__in=card_ids, student__in=students)
    still = set(current.values_list("student_id", flat=True))
    return issue_cards([student for student in students if student.pk in still], by=by)


@transaction.atomic
def ensure_cards(students, *, by):
    """[(student, valid LoginCard)]: the card each has; who has none gets the first one."""
    students = _lock_students([student.pk for student in students])
    valid = LoginCard.objects.valid().filter(student__in=students)
    known = {card.student_id: card for card in valid}
    return [(s, known.get(s.pk) or _new_card(s, by)[0]) for s in students]


def _lock_students(ids):
    """The enrolled students of these ids, locked until the transaction ends, as a class lists them."""
    return list(
        Student.objects.filter(pk__in=ids)
        .enrolled()
        .order_by("attendance_number", "pk")
        .select_for_update(of=("self",), no_key=True)
        .select_related("user", "home_class", "school")
    )


def _new_card(student, by, old=None):
    """(LoginCard, code) of a student who has no valid card (any more: then the PIN is kept).

    Whoever is signed in as this student is out: a new card is a new way in.
    """
    end_sessions(student)
    _ensure_user(student)
    code = codes.invent(codes.CARD)
    card = LoginCard(
        municipality_id=student.municipality_id, student=student,
        issued_at=clock.now(), issued_by=by,
    )  # fmt: skip
    if old is not None:
        for name in ("pin_digest", "pin_ring_key", "pin_set_at", "failures", "locked_until"):
            setattr(card, name, getattr(old, name))
        card.pin_bound_to = _bound_to(old)
    seal_code(card, code)
    card.save(force_insert=True)
    _record(Action.CARD_ISSUED, card, by)
    if old is not None:
        note(SecurityKind.CARD_RENEWED, user=by, target_id=student.pk)
    return card, code


def card_of(code):
    """The valid LoginCard of a typed code, or None. The same work for right and wrong codes."""
    digests = blind_indexes(CODE, codes.normal(code))
    return (
        LoginCard.objects.valid()
        .filter(code_digest__in=digests, student__left_at=None)
        .select_related("student__user")
        .first()
    )


@transaction.atomic
def set_first_pin(code, pin):
    """Choose the PIN at first use; returns the student's user. Raises CannotEnter.

    The student is locked before the card, as where a PIN is reset.
    """
    found = card_of(code)
    student = found and Student.objects.select_for_update(no_key=True).get(pk=found.student_id)
    card = _locked(code)
    if card.pin_digest is not None:
        raise CannotEnter(WRONG)
    problem = _refusal(card) or codes.pin_problem(pin)
    if not card.student.is_enabled:
        problem = ASK_A_TEACHER  # whoever holds the card has proved nothing: no word of a roster
    if problem:
        raise CannotEnter(problem)
    card.pin_bound_to = None
    card.pin_set_at = clock.now()
    _set_pin(card, pin)
    keep_found_code(card, codes.normal(code))
    card.save(update_fields=["pin_bound_to", "pin_set_at", *PIN_FIELDS])
    note_first(student, card.pin_set_at)
    _record(Action.SIGNED_IN, card, card.student.user)
    return card.student.user


def enter_with_card(code, pin):
    """The student's user for a right code and PIN. Raises CannotEnter; counts the failures."""
    with transaction.atomic():
        card = _locked(code)
        refusal = _tried(card, pin)
        if not refusal:
            keep_found_code(card, codes.normal(code))
            _record(Action.SIGNED_IN, card, card.student.user)
    if refusal:
        raise CannotEnter(refusal)
    return card.student.user


def prove_pin(student, pin) -> None:
    """Whether a signed-in student knows the PIN, counted like signing in. Raises CannotEnter."""
    with transaction.atomic():
        cards = LoginCard.objects.valid().filter(student=student).select_related("student__user")
        card = cards.select_for_update(of=("self",)).first()
        refusal = ASK_A_TEACHER if card is None or card.pin_digest is None else _tried(card, pin)
    if refusal:
        raise CannotEnter(refusal)


def _tried(card, pin):
    """Why this PIN does not open the locked card ("": it does); counted in the row."""
    refusal = _refusal(card) or ("" if _is_right(card, pin) else WRONG)
    if not refusal and not card.student.is_enabled:
        refusal = STUDENT_STOPPED
    if refusal == WRONG:
        _count_failure(card)
    elif not refusal:
        card.failures, card.locked_until = 0, None
        _set_pin(card, pin)  # under the newest key, where the ring turned
        card.save(update_fields=["failures", "locked_until", *PIN_FIELDS])
    return refusal


def _locked(code):
    card = card_of(code)
    if card is None:
        raise CannotEnter(WRONG)
    return (
        LoginCard.objects.select_for_update(of=("self",))
        .select_related("student__user")
        .get(pk=card.pk)
    )


def _refusal(card):
    if card.failures >= STOP_AT:
        return STOPPED
    if card.locked_until and card.locked_until > clock.now():
        return LOCKED
    return ""


def _count_failure(card):
    card.failures += 1
    if card.failures % LOCK_AT == 0:
        card.locked_until = clock.now() + LOCK_FOR
        _record(Action.CARD_LOCKED, card, None)
    card.save(update_fields=["failures", "locked_until"])


def _is_right(card, pin):
    kept = bytes(card.pin_digest or b"")
    known = [card.pin_ring_key] if card.pin_ring_key else None  # else from before it was noted
    digests = keyed_digests(PIN, _bound_pin(card, pin), known)
    return any(hmac.compare_digest(kept, found) for found in digests.values())


def _set_pin(card, pin):
    """The PIN's digest under the newest key of the ring, into the row (not saved)."""
    digests = keyed_digests(PIN, _bound_pin(card, pin))
    card.pin_ring_key, card.pin_digest = next(iter(digests.items()))


def _bound_pin(card, pin):
    """A PIN has few values: what is digested under a key is tied to its card."""
    return hashlib.sha256(f"{_bound_to(card)}|{pin}".encode()).hexdigest()


def _bound_to(card):
    return card.pin_bound_to or card.pk


def _ensure_user(student):
    if student.user_id is None:
        student.user = User(username=student.pk.hex)
        student.user.set_unusable_password()
        student.user.save()
        student.save(update_fields=["user"])


def _record(action, card, by):
    record(
        action,
        actor=by,
        role=role_of(by, card.student) if by else "system",
        municipality_id=card.municipality_id,
        subject_id=card.student_id,
        thing=card,
    )
