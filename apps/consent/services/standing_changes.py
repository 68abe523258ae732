"""Keeps a guardian out from one child at once, and lets them in again by two people's decision.

A change of standing begins no purpose and destroys no key: what rested on the answer of a guardian
who is kept out waits (key_steps), what their answer held back waits for a new answer
(AnswerNeeded).
"""

from dataclasses import replace
from datetime import date

from django.db import transaction

from apps.audit.models import Audience
from apps.consent.models import AnswerNeeded
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.key_reconciliation import reconcile_keys
from apps.consent.services.standing_effects import (
    KEEP_OUT,
    LET_DECIDE,
    LET_IN,
    NEW_STANDING,
    STOP_DECIDING,
    agreed_to,
    by_new_standing,
    changed_guardianships,
    effects_of_standing,
    kind_of,
)
from apps.core import clock
from apps.people.models import (
    Guardianship,
    GuardianStanding,
    PendingAct,
    StandingReason,
    Student,
    User,
)
from apps.people.models.guardians import INFORMED_STANDINGS
from apps.people.services import act_processing, guardian_standings, pending_acts
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person

STANDING_ACTS = (KEEP_OUT, LET_IN, LET_DECIDE, STOP_DECIDING)
PAST_DAY = "見なおす日は、あしたからの日を書いてください。"
NOT_INFORMED = "この保護者は、「知らせるだけ」ではありません。"
NOT_DECIDING = "この保護者は、「判断する」ではありません。"
MAX_NUMBER_CHARACTERS = 60  # characters of a document's number


@transaction.atomic
def keep_out(
    guardianship: Guardianship, *, by: User, why: str, reason: str, document_number: str,
    remind_on: date | None = None,
) -> PendingAct:  # fmt: skip
    """Keep this guardian out from this child, now; the PendingAct a second person confirms.

    A signed-in guardian sees no more of the child with the next request. ``why`` is a
    StandingReason, ``reason`` a sentence. On ``remind_on`` who set it and the city are reminded.
    Raises pending_acts.CannotAct.
    """
    student, guardianships = _locked(guardianship)
    _check(why, document_number, remind_on)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    guardianships = [each for each in guardianships if each.standing != GuardianStanding.KEPT_OUT]
    effects = effects_of_standing(guardianship, GuardianStanding.KEPT_OUT)
    if not guardianships or not effects.kind:
        raise pending_acts.CannotAct("この保護者は、もう制限されています。")
    before = load_decision_context([student])[student.pk]
    act = _proposed(
        KEEP_OUT, guardianship, student, effects, by, why, reason, document_number, remind_on,
        before={str(each.guardian_id): each.standing for each in guardianships if each.standing in INFORMED_STANDINGS},
    )  # fmt: skip
    for kind in (LET_IN, LET_DECIDE, STOP_DECIDING):
        _close_open_acts(guardianships, kind, by=by)
    at = guardian_standings.set_standing(
        guardianships, GuardianStanding.KEPT_OUT, reason=why, document_number=document_number.strip(),
        act=act, by=by, role=act.proposed_role, remind_on=remind_on,
    )  # fmt: skip
    _reconcile_after(student, agreed_to(before), at)
    return act


@transaction.atomic
def propose_let_in(
    guardianship: Guardianship, *, by: User, why: str, reason: str, document_number: str
) -> PendingAct:
    """Ask a second person to let this guardian in again, with the standing of before.

    Nothing changes until they agree. The act names the StandingChanges it ends: a later one voids
    it. Raises pending_acts.CannotAct, also while another act to let in the same person waits.
    """
    student, guardianships = _locked(guardianship)
    _check(why, document_number)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_standing(guardianship, GuardianStanding.DECIDES)
    if not effects.kind:
        raise pending_acts.CannotAct("この保護者は、制限されていません。")
    if _open_acts(guardianships, LET_IN).exists():
        raise pending_acts.CannotAct("この保護者の制限をとくことは、もう確認を待っています。")
    return _proposed(
        LET_IN, guardianship, student, effects, by, why, reason, document_number,
        to=guardian_standings.former_standing(guardianship), ends=_last_changes(guardianships, LET_IN),
    )  # fmt: skip


def propose_let_decide(
    guardianship: Guardianship, *, by: User, why: str, reason: str, document_number: str,
    remind_on: date | None = None,
) -> PendingAct:  # fmt: skip
    """Ask a second person to let the answers of this informed guardian count.

    By a document: a foster parent, a legal guardian whose paper came later. Nothing changes until
    they agree; what the guardian answered before begins and destroys nothing. Raises
    pending_acts.CannotAct.
    """
    asked = why, reason, document_number, remind_on
    return _propose_step(LET_DECIDE, guardianship, by, *asked, otherwise=NOT_INFORMED)


def propose_stop_deciding(
    guardianship: Guardianship, *, by: User, why: str, reason: str, document_number: str,
    remind_on: date | None = None,
) -> PendingAct:  # fmt: skip
    """Ask a second person to let the answers of this deciding guardian count no more.

    The guardian is informed from then on. Their earlier answers count neither for nor against:
    what rested on them alone pauses, and nothing begins. Raises pending_acts.CannotAct.
    """
    asked = why, reason, document_number, remind_on
    return _propose_step(STOP_DECIDING, guardianship, by, *asked, otherwise=NOT_DECIDING)


@transaction.atomic
def _propose_step(kind, guardianship, by, why, reason, document_number, remind_on, *, otherwise):
    """Propose the step between deciding and being informed."""
    student, guardianships = _locked(guardianship)
    _check(why, document_number, remind_on)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_standing(_fresh(guardianship, guardianships), NEW_STANDING[kind])
    if effects.kind != kind:
        raise pending_acts.CannotAct(otherwise)
    if _open_acts(guardianships, kind).exists():
        raise pending_acts.CannotAct("この変更は、もう確認を待っています。")
    return _proposed(
        kind, guardianship, student, effects, by, why, reason, document_number, remind_on,
        to=NEW_STANDING[kind], ends=_last_changes(guardianships, kind),
    )  # fmt: skip


def carry_out_standing_changes() -> None:
    """Carry out what two people agreed on; close what was confirmed or stopped."""
    act_processing.process_acts(*STANDING_ACTS, carry_out=_carry_out, put_back=lambda act: None)


def _carry_out(act):
    guardianship = Guardianship.objects.filter(pk=act.thing_id).first()
    if act.kind == KEEP_OUT or guardianship is None:  # in effect since it was proposed
        return
    student, guardianships = _locked(guardianship)
    to = NEW_STANDING.get(act.kind, GuardianStanding.DECIDES)
    is_over = kind_of(_fresh(guardianship, guardianships), guardianships, to) != act.kind
    if is_over or act.payload.get("ends") != _last_changes(guardianships, act.kind):
        act_processing.void_act(act)
        return
    guardianships = changed_guardianships(act.kind, guardianships)
    before = load_decision_context([student])[student.pk]
    known_until = _since(guardianship, act.kind)
    for to, changed in by_new_standing(act.kind, guardianships).items():
        at = guardian_standings.set_standing(
            changed, to, reason=act.payload["why"],
            document_number=act.payload["document_number"], act=act, by=act.confirmed_by,
            role=act.confirmed_role, remind_on=_remind_on(act),
        )  # fmt: skip
    if act.kind == LET_IN:
        _close_open_acts(guardianships, KEEP_OUT, by=act.confirmed_by)
    _reconcile_after(student, agreed_to(before), at, known_until=known_until)


def _remind_on(act):
    day = act.payload.get("remind_on")
    return date.fromisoformat(day) if day else None


def _fresh(guardianship, guardianships):
    """The guardianship as it is now that it is locked."""
    return next(each for each in guardianships if each.pk == guardianship.pk)


def _locked(guardianship):
    """(student, guardianships of the same person), locked in the order in which a roster import
    locks.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=guardianship.student_id)
    ids = [each.pk for each in guardian_standings.guardianships_of_person(guardianship)]
    list(Guardianship.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    guardian_standings.lock_against_rosters()
    return student, guardian_standings.guardianships_of_person(guardianship)


def _check(why, document_number, remind_on=None):
    if why not in StandingReason.values:
        raise pending_acts.CannotAct("わけを選んでください。")
    if not 0 < len(document_number.strip()) <= MAX_NUMBER_CHARACTERS:
        raise pending_acts.CannotAct(
            f"書類の番号を、{MAX_NUMBER_CHARACTERS}字までで書いてください。"
        )
    if remind_on is not None and remind_on <= clock.today():
        raise pending_acts.CannotAct(PAST_DAY)


def _proposed(
    kind, guardianship, student, effects, by, why, reason, document_number, remind_on=None, *,
    to=None, **more,
):  # fmt: skip
    if to is None:
        to = GuardianStanding.KEPT_OUT if kind == KEEP_OUT else GuardianStanding.DECIDES
    return pending_acts.propose_effects(
        replace(effects, kind=kind), guardianship, at=student, title=f"{student.class_and_number}の保護者",
        by=by, reason=reason,
        payload={
            "changes": {"standing": to},
            "why": why,
            "document_number": document_number.strip(),
            "remind_on": remind_on and remind_on.isoformat(),
            **more,
        },
    )  # fmt: skip


def _reconcile_after(student, agreed_before, at, known_until=None):
    """Bring the keys in line, in the same transaction; nothing begins by the change alone.

    ``known_until``: when somebody is let in again, answers given before this are not new.
    """
    context = load_decision_context([student])[student.pk]
    begins = {
        purpose
        for purpose in agreed_to(context) - agreed_before
        if not _only_comes_back(context, purpose, known_until)
    }
    for purpose in begins:
        AnswerNeeded.objects.update_or_create(
            student=student,
            purpose=purpose,
            defaults={"municipality_id": student.municipality_id, "since": at},
        )
    if begins:
        context = load_decision_context([student])[student.pk]
    reconcile_keys(context, audience=Audience.OFFICE)
    clock.wake_worker("consent.reconcile_all")


def _only_comes_back(context, purpose, known_until):
    """Whether letting somebody in only restores: the key waits, or nobody has answered since."""
    if known_until is None:
        return False
    if purpose in context.keys:
        return True
    own_decisions = [each for each in context.valid_decisions if each.purpose == purpose]
    return all(each.decided_at <= known_until for each in own_decisions)


def _open_acts(guardianships, kind):
    ids = [str(guardianship.pk) for guardianship in guardianships]
    return PendingAct.objects.open().filter(kind=kind, thing_id__in=ids)


def _close_open_acts(guardianships, kind, *, by):
    """End the open acts of this kind about this person: what they were about is over.

    One that is being carried out at this moment is skipped: it finds a newer StandingChange.
    """
    for other in _open_acts(guardianships, kind).select_for_update(skip_locked=True):
        act_processing.supersede_act(other, by=by)


def _last_changes(guardianships, kind):
    """{guardian id: id of the last StandingChange, "" without one} of those the act changes."""
    found = {}
    for guardianship in changed_guardianships(kind, guardianships):
        last = guardian_standings.standing_history(guardianship).first()
        found[str(guardianship.guardian_id)] = str(last.pk) if last else ""
    return found


def _since(guardianship, kind):
    """Since when the guardian's answers have not counted; None where they never did, or still do.

    Of who is let in: since they were kept out. Of who decides again: since two people ended that.
    """
    if kind not in (LET_IN, LET_DECIDE):
        return None
    history = guardian_standings.standing_history(guardianship)
    if kind == LET_DECIDE:
        last = history.filter(act__kind=STOP_DECIDING).first()
        return last and last.changed_at
    last = history.filter(standing=GuardianStanding.KEPT_OUT).first()
    return last.changed_at if last else guardianship.began_at
