"""Login cards: handed out, used with a PIN, locked when guessed at."""

import hashlib
import hmac
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.models import Action
from apps.audit.services import record
from apps.people.models import Student, User
from apps.people.permissions import role_of
from apps.signin import codes
from apps.signin.models import LoginCard
from apps.vault.services import blind_indexes

CODE, PIN = "login card code", "login card pin"
LOCK_AT, LOCK_FOR, STOP_AT = 5, timedelta(minutes=15), 10


class CannotEnter(Exception):
    """The card and PIN do not open; the message (with ruby) is a sentence for the student."""


WRONG = "カードの ｜番号《ばんごう》か ｜暗証番号《あんしょうばんごう》が ちがいます。"
LOCKED = (
    "なんども まちがえたので、いま とめて います。15｜分《ふん》 まってから、もう｜一度《いちど》 "
    "ためして ください。"
)
STOPPED = (
    "この カードは とまって います。｜先生《せんせい》に ｜言《い》って、｜新《あたら》しい カードを "
    "もらって ください。"
)


@transaction.atomic
def issue_cards(students, *, by):
    """Give each student a new card; the old one ends. Returns [(student, code)].

    The code exists in clear only in what is returned: it is printed once and kept as a digest.
    """
    students = list(
        Student.objects.filter(pk__in=[s.pk for s in students])
        .enrolled()
        .select_for_update(of=("self",), no_key=True)
        .select_related("user", "home_class", "school")
    )
    now = timezone.now()
    LoginCard.objects.valid().filter(student__in=students).update(revoked_at=now)
    issued = []
    for student in students:
        _ensure_user(student)
        code = codes.invent(codes.CARD)
        card = LoginCard.objects.create(
            municipality_id=student.municipality_id,
            student=student,
            code_digest=blind_indexes(CODE, code)[0],
            issued_by=by,
        )
        _record(Action.CARD_ISSUED, card, by)
        issued.append((student, code))
    return issued


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
    """Choose the PIN at first use; returns the student's user. Raises CannotEnter."""
    card = _locked(code)
    problem = codes.pin_problem(pin)
    if problem:
        raise CannotEnter(problem)
    if card.pin_digest is not None:
        raise CannotEnter(WRONG)
    card.pin_digest, card.pin_set_at = _pin_digest(card, pin), timezone.now()
    card.save(update_fields=["pin_digest", "pin_set_at"])
    _record(Action.SIGNED_IN, card, card.student.user)
    return card.student.user


def enter_with_card(code, pin):
    """The student's user for a right code and PIN. Raises CannotEnter; counts the failures."""
    with transaction.atomic():
        card = _locked(code)
        refusal = _refusal(card) or ("" if _is_right(card, pin) else WRONG)
        if refusal == WRONG:
            _count_failure(card)
        elif not refusal:
            card.failures, card.locked_until = 0, None
            card.save(update_fields=["failures", "locked_until"])
            _record(Action.SIGNED_IN, card, card.student.user)
    if refusal:
        raise CannotEnter(refusal)
    return card.student.user


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
    if card.locked_until and card.locked_until > timezone.now():
        return LOCKED
    return ""


def _count_failure(card):
    card.failures += 1
    if card.failures % LOCK_AT == 0:
        card.locked_until = timezone.now() + LOCK_FOR
        _record(Action.CARD_LOCKED, card, None)
    card.save(update_fields=["failures", "locked_until"])


def _is_right(card, pin):
    kept = bytes(card.pin_digest or b"")
    return any(hmac.compare_digest(kept, found) for found in _pin_digests(card, pin))


def _pin_digest(card, pin):
    return _pin_digests(card, pin)[0]


def _pin_digests(card, pin):
    """A PIN has few values: its digest is keyed, and tied to its card."""
    bound = hashlib.sha256(f"{card.pk}|{pin}".encode()).hexdigest()
    return blind_indexes(PIN, bound)


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
