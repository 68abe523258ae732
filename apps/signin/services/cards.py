"""Login cards: issued, used with a PIN, locked after wrong PINs."""

from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.audit.models import Action, SecurityKind
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.municipality_scope import across_municipalities, opens_municipality
from apps.people.models import Student, User
from apps.people.permissions import role_of
from apps.people.services.security_events import note_security_event
from apps.push.services.broadcasts import end_bindings
from apps.signin import codes, pin_hashes
from apps.signin.models import LoginCard
from apps.signin.services.credentials import CredentialChange, end_other_sessions
from apps.signin.services.first_pins import record_first_pin, record_pin_change
from apps.signin.services.pins import (
    ATTEMPT_FIELDS,
    PIN_FIELDS,
    WRONG,
    bound_card_id,
    check_pin,
    locked_until,
    refusal_before_check,
    refusal_message,
    set_pin,
)
from apps.signin.words import pin_problem_words
from apps.vault.services.keys import blind_indexes
from apps.vault.services.paper_codes import seal_code, seal_found_code

CODE_LABEL = LoginCard.code_label


class CannotSignIn(Exception):
    """The card and PIN do not open; the message (with ruby) is for the student.

    ``until``: when they may try again, where the card is locked for a while.
    """

    def __init__(self, message: str, until: datetime | None = None):
        super().__init__(message)
        self.until = until


ASK_A_TEACHER = _("先生に聞いてください。")
ENDED_UNUSED = _(
    "このカードは、使わないままだったので、使えなくなりました。担任の先生に言って、新しいカードをもらってください。"
)
SAME_AS_BEFORE = _("今と同じ番号です。ほかの番号にしてください。")


@transaction.atomic
def issue_cards(students, *, by):
    """Give each student a new card with the PIN of the old one; the old card and its sessions end.

    Returns [(student, code)]. Printing never calls this: ``print_runs.print_cards`` changes no
    code.
    """
    students = _lock_students([student.pk for student in students])
    return [(student, code) for student, _, code in _replaced(students, by)]


def _replaced(students, by):
    """[(student, new LoginCard, code)] of locked students; their present cards end."""
    last = LoginCard.objects.last_ones().filter(student__in=students)
    old = {card.student_id: card for card in last}
    last.update(revoked_at=clock.now())
    return [(student, *_new_card(student, by, old.get(student.pk))) for student in students]


def end_sessions_of_student(student, *, change=CredentialChange.CARD, keeps_devices=False):
    """End the student's sessions and, unless ``keeps_devices``, unbind their devices.

    Devices are bound anew at the next visit: one that somebody else bound is not. Devices that stay
    bound can show the student why the sessions ended.
    """
    if student.user is not None:
        end_other_sessions(student.user, change)
        if not keeps_devices:
            end_bindings(student.user_id)


@transaction.atomic
def replace_cards(card_ids, *, by):
    """Issue a new card to each student whose named card is still theirs. Returns [(student, code)].

    A card that has already ended is skipped, so that a repeated request changes nothing.
    """
    owners = LoginCard.objects.filter(pk__in=card_ids).values("student")
    students = _lock_students(owners)
    current = LoginCard.objects.last_ones().filter(pk__in=card_ids, student__in=students)
    still = set(current.values_list("student_id", flat=True))
    return issue_cards([student for student in students if student.pk in still], by=by)


@transaction.atomic
def ensure_cards(students, *, by):
    """[(student, valid LoginCard)]; a student without a valid card gets a new one."""
    students = _lock_students([student.pk for student in students])
    valid = LoginCard.objects.valid().filter(student__in=students)
    known = {card.student_id: card for card in valid}
    lacking = [student for student in students if student.pk not in known]
    known |= {student.pk: card for student, card, _ in _replaced(lacking, by)}
    return [(student, known[student.pk]) for student in students]


def _lock_students(ids):
    """The enrolled students of these ids, locked until the transaction ends, in class order."""
    return list(
        Student.objects.filter(pk__in=ids)
        .enrolled()
        .order_by("attendance_number", "pk")
        .select_for_update(of=("self",), no_key=True)
        .select_related("user", "home_class", "school")
    )


def _new_card(student, by, old=None):
    """(LoginCard, code) for a student who has no valid card; the PIN of the last one is kept.

    Ends the student's sessions: a new card is a new way to sign in.
    """
    end_sessions_of_student(student)
    ensure_user(student)
    code = codes.generate_code(codes.CARD_LENGTH)
    card = LoginCard(
        municipality_id=student.municipality_id, student=student,
        issued_at=clock.now(), issued_by=by, unused_until=unused_card_expiry(),
    )  # fmt: skip
    if old is not None:
        for name in (*PIN_FIELDS, "pin_set_at", "entered_at", *ATTEMPT_FIELDS):
            setattr(card, name, getattr(old, name))
        card.pin_bound_to = bound_card_id(old)
    seal_code(card, code)
    card.save(force_insert=True)
    _record(Action.CARD_ISSUED, card, by)
    if old is not None:
        note_security_event(SecurityKind.CARD_RENEWED, user=by, target_id=student.pk)
    return card, code


def unused_card_expiry() -> datetime:
    """Until when a card issued now must have been used once: the end of that day."""
    day = clock.today() + timedelta(days=settings.CARD_UNUSED_DAYS)
    return datetime.combine(day, time.max, clock.JST)


@opens_municipality()
def find_card(code):
    """The valid LoginCard of a typed code, or None. Takes the same time for right and wrong codes."""
    digests = blind_indexes(CODE_LABEL, codes.normalise_typed_code(code))
    return (
        LoginCard.objects.valid()
        .filter(code_digest__in=digests, student__left_at=None)
        .select_related("student__user")
        .first()
    )


@transaction.atomic
def set_first_pin(code, pin):
    """Choose the PIN at first use; returns the student's user. Raises CannotSignIn.

    Locks the student before the card, in the same order as a PIN reset.
    """
    found = find_card(code)
    student = found and Student.objects.select_for_update(no_key=True).get(pk=found.student_id)
    card = _locked(code)
    if card.pin_digest is not None:
        raise CannotSignIn(WRONG)
    problem = refusal_message(refusal_before_check(card)) or pin_problem_words(pin)
    if not card.student.is_enabled:
        # the holder has proved nothing yet: the message tells nothing of the roster
        problem = ASK_A_TEACHER
    if problem:
        raise CannotSignIn(problem, locked_until(card))
    card.pin_bound_to = None
    card.pin_set_at = card.entered_at = clock.now()
    card.unused_until = None
    set_pin(card, pin)
    seal_found_code(card, codes.normalise_typed_code(code))
    card.save(
        update_fields=["pin_bound_to", "pin_set_at", "entered_at", "unused_until", *PIN_FIELDS]
    )
    record_first_pin(student, card.pin_set_at)
    _record(Action.SIGNED_IN, card, card.student.user)
    return card.student.user


def sign_in_with_card(code, pin):
    """The student's user for a right code and PIN; counts failures. Raises CannotSignIn."""
    with transaction.atomic():
        card = _locked(code)
        refusal = refusal_message(check_pin(card, pin, enters=True))
        if not refusal:
            seal_found_code(card, codes.normalise_typed_code(code))
            _record(Action.SIGNED_IN, card, card.student.user)
    if refusal:
        raise CannotSignIn(refusal, locked_until(card))
    return card.student.user


def has_pin(student) -> bool:
    """Whether the student has a valid card whose PIN is chosen."""
    return LoginCard.objects.valid().with_pin().filter(student=student).exists()


def verify_pin(student: Student, pin: str, *, has_card: bool) -> None:
    """Whether a signed-in student knows the PIN, counted like a sign-in. Raises CannotSignIn.

    ``has_card``: whether the session was begun with the card (``pins.check_pin``).
    """
    with transaction.atomic():
        card, refusal = _checked_pin_of(student, pin, has_card)
    if refusal:
        raise CannotSignIn(refusal, card and locked_until(card))


def change_pin(
    student: Student, pin: str, new: str, *, request: HttpRequest, has_card: bool
) -> None:
    """Change the PIN of a signed-in student behind the present one, counted like a sign-in.

    Other sessions end; the student is notified on the first page and on their devices. A
    confirmation still missing for the old PIN is missing for the new one too. Raises CannotSignIn.
    """
    with transaction.atomic():
        student = Student.objects.select_for_update(of=("self",), no_key=True).get(pk=student.pk)
        card, refusal = _checked_pin_of(student, pin, has_card)
        refusal = refusal or pin_problem_words(new) or (SAME_AS_BEFORE if new == pin else "")
        if not refusal:
            set_pin(card, new)
            card.pin_set_at = clock.now()
            card.save(update_fields=["pin_set_at", *PIN_FIELDS])
            end_other_sessions(student.user, CredentialChange.PIN, request=request)
            record_pin_change(student)
    if refusal:
        raise CannotSignIn(refusal, card and locked_until(card))


def _checked_pin_of(student, pin, has_card):
    """(the locked card of a signed-in student, why the PIN is refused); counted in the row."""
    cards = LoginCard.objects.valid().filter(student=student).select_related("student__user")
    card = cards.select_for_update(of=("self",)).first()
    has_pin = card is not None and card.pin_digest is not None
    if not has_pin:
        return card, ASK_A_TEACHER
    return card, refusal_message(check_pin(card, pin, has_card=has_card))


def _locked(code):
    card = find_card(code)
    if card is None:
        pin_hashes.spend_hash_time()
        raise CannotSignIn(ENDED_UNUSED if _has_ended_unused(code) else WRONG)
    return (
        LoginCard.objects.select_for_update(of=("self",))
        .select_related("student__user")
        .get(pk=card.pk)
    )


@across_municipalities
def _has_ended_unused(code):
    digests = blind_indexes(CODE_LABEL, codes.normalise_typed_code(code))
    return LoginCard.objects.ended_unused().filter(code_digest__in=digests).exists()


def ensure_user(student):
    """The user of a locked student; made where there is none."""
    if student.user_id is None:
        student.user = User(username=student.pk.hex)
        student.user.set_unusable_password()
        student.user.save()
        student.save(update_fields=["user"])
    return student.user


def _record(action, card, by):
    role = role_of(by, card.student) if by else "system"
    record_about(card, action, actor=by, role=role)
