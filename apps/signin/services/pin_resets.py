"""PIN resets by staff: a second person confirms that the student was present.

Until then earlier answers stay closed, nothing is cancelled or agreed to, and a withdrawal stops
what it ends and destroys nothing (apps.consent). The student is notified.
"""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, Student
from apps.people.permissions import may, role_of
from apps.people.services import act_processing, pending_acts
from apps.people.services.act_runner import run_each
from apps.push.services.broadcasts import send_to_users
from apps.signin.models import LoginCard, PinReset
from apps.signin.services.cards import end_sessions_of_student, unused_card_expiry
from apps.signin.services.credentials import CredentialChange
from apps.signin.services.pins import clear_failures

RESET = "pin.reset"
SHOWN_FOR = timedelta(days=30)  # on the student's first page
MESSAGE_LIFETIME = timedelta(days=1)
NOT_YOURS = "暗証番号を決めなおしてもらえるのは、担任とヘルプデスクだけです。"
NO_PIN = "この生徒は、まだ暗証番号を決めていません。カードで入るときに、はじめて決めます。"
CARD_ENDED = "この生徒のカードは、使われないまま期限が切れました。先に「印刷する」で新しいカードにしてください。"
CARDS = "cards.print"


@transaction.atomic
def reset_pin(student: Student, *, by, reason: str) -> PinReset:
    """Let the student choose a new PIN for the card they hold; their sessions end.

    The student is notified on their page and devices. Raises pending_acts.CannotAct for staff who
    may not hand out cards to this student, without a reason, and where no PIN is set.
    """
    student = Student.objects.select_for_update(of=("self",), no_key=True).get(pk=student.pk)
    if not may(by, CARDS, student):
        raise pending_acts.CannotAct(NOT_YOURS)
    card = LoginCard.objects.valid().select_for_update().filter(student=student).first()
    if card is None and LoginCard.objects.ended_unused().filter(student=student).exists():
        raise pending_acts.CannotAct(CARD_ENDED)
    if card is None or card.pin_digest is None:
        raise pending_acts.CannotAct(NO_PIN)
    card.pin_digest = card.pin_set_at = card.pin_bound_to = None
    card.unused_until = unused_card_expiry()
    clear_failures(card)
    card.save()
    end_sessions_of_student(
        student, change=CredentialChange.PIN_RESET, keeps_devices=True
    )  # their bound devices show the message
    role = role_of(by, student, CARDS)
    reset = PinReset.objects.create(
        municipality_id=student.municipality_id, student=student, reset_at=clock.now(),
        reset_by=by, reset_role=role,
    )  # fmt: skip
    _note_reset(student, by=by, reason=reason)
    record(
        Action.CARD_RESET, actor=by, role=role, municipality_id=student.municipality_id,
        subject_id=student.pk, thing=card, audience=Audience.PROTECTIVE,
    )  # fmt: skip
    send_to_users(
        [student.user_id], topic=reset.pk.hex, path=reverse("portal:home"),
        expires_at=clock.now() + MESSAGE_LIFETIME, municipality_id=student.municipality_id,
    )  # fmt: skip
    return reset


def recent_resets(student: Student) -> list[PinReset]:
    """The resets of the last thirty days, newest first: for the student's own page only."""
    since = clock.now() - SHOWN_FOR
    return list(PinReset.objects.filter(student=student, reset_at__gt=since))


def _note_reset(student: Student, *, by, reason: str) -> PendingAct:
    """Record, in the caller's transaction, the PIN reset of a locked student.

    An earlier reset that still waits is replaced; withdrawals since then stay unproved. Raises
    pending_acts.CannotAct without a reason.
    """
    earlier = PendingAct.objects.open().filter(kind=RESET, thing_id=str(student.pk))
    for act in earlier.select_for_update():
        act_processing.supersede_act(act, by=by)
    if not student.has_unconfirmed_pin:
        student.pin_reset_at = clock.now()
    student.pin_reset_by = by
    student.pin_reset_confirmed_at = student.pin_chosen_at = None
    student.save(
        update_fields=["pin_reset_at", "pin_reset_by", "pin_reset_confirmed_at", "pin_chosen_at"]
    )
    return _propose(student, by, reason)


def _propose(student, by, reason):
    return pending_acts.propose_effects(
        ActEffects(RESET, {"students": 1}), student, title=student.class_and_number, by=by,
        reason=reason, payload={"changes": {}},
    )  # fmt: skip


def apply_resets() -> None:
    """Record confirmed resets and close stopped ones, which stay unconfirmed."""
    act_processing.put_back_stopped(RESET, put_back=lambda act: None)
    if run_each(_claim_confirmed, _note_confirmed, act_processing.mark_done):
        clock.wake_worker("consent.reconcile_all")


def _claim_confirmed(*, but):
    """One confirmed act; locks the student before it, in the same order as a PIN reset."""
    due = PendingAct.objects.due().filter(kind=RESET).exclude(pk__in=but).order_by("due_at")
    first = due.first()
    if first is None:
        return None
    Student.objects.select_for_update(no_key=True).get(pk=first.thing_id)
    return due.select_for_update().filter(pk=first.pk).first()


def _note_confirmed(act):
    """Confirm the PIN that was chosen before the confirmation; one chosen later may be another
    person's.
    """
    student = Student.objects.get(pk=act.thing_id)
    chosen_at = student.pin_chosen_at
    if chosen_at is not None and act.proposed_at <= chosen_at <= act.confirmed_at:
        student.pin_reset_confirmed_at = act.confirmed_at
        student.save(update_fields=["pin_reset_confirmed_at"])
