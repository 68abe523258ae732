"""Keeps a guardian out from one child at once, and lets them in again by two people's decision.

A change of standing begins no purpose and destroys no key: what rested on the answer of a guardian
who is kept out waits (key_steps), what their answer held back waits for a new answer
(AnswerNeeded).
"""

from dataclasses import replace

from django.db import transaction

from apps.audit.models import Audience
from apps.consent.models import AnswerNeeded
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.key_reconciliation import reconcile_keys
from apps.consent.services.standing_effects import (
    KEEP_OUT,
    LET_DECIDE,
    LET_IN,
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

STANDING_ACTS = (KEEP_OUT, LET_IN, LET_DECIDE)
MAX_NUMBER_CHARACTERS = 60  # characters of a document's number


@transaction.atomic
def keep_out(
    tie: Guardianship, *, by: User, why: str, reason: str, document_number: str
) -> PendingAct:
    """Keep this guardian out from this child, now; the PendingAct a second person confirms.

    A signed-in guardian sees no more of the child with the next request. ``why`` is a
    StandingReason, ``reason`` a sentence. Raises pending_acts.CannotAct.
    """
    student, ties = _locked(tie)
    _check(why, document_number)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    ties = [each for each in ties if each.standing != GuardianStanding.KEPT_OUT]
    effects = effects_of_standing(tie, GuardianStanding.KEPT_OUT)
    if not ties or not effects.kind:
        raise pending_acts.CannotAct("この保護者は、もう制限されています。")
    before = load_decision_context([student])[student.pk]
    act = _proposed(
        KEEP_OUT, tie, student, effects, by, why, reason, document_number,
        before={str(each.guardian_id): each.standing for each in ties if each.standing in INFORMED_STANDINGS},
    )  # fmt: skip
    for kind in (LET_IN, LET_DECIDE):
        _close_open_acts(ties, kind, by=by)
    at = guardian_standings.set_standing(
        ties, GuardianStanding.KEPT_OUT, reason=why, document_number=document_number.strip(),
        act=act, by=by, role=act.proposed_role,
    )  # fmt: skip
    _reconcile_after(student, agreed_to(before), at)
    return act


@transaction.atomic
def propose_let_in(
    tie: Guardianship, *, by: User, why: str, reason: str, document_number: str
) -> PendingAct:
    """Ask a second person to let this guardian in again, with the standing of before.

    Nothing changes until they agree. The act names the StandingChanges it ends: a later one voids
    it. Raises pending_acts.CannotAct, also while another act to let in the same person waits.
    """
    student, ties = _locked(tie)
    _check(why, document_number)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_standing(tie, GuardianStanding.DECIDES)
    if not effects.kind:
        raise pending_acts.CannotAct("この保護者は、制限されていません。")
    if _open_acts(ties, LET_IN).exists():
        raise pending_acts.CannotAct("この保護者の制限をとくことは、もう確認を待っています。")
    return _proposed(
        LET_IN, tie, student, effects, by, why, reason, document_number,
        to=guardian_standings.former_standing(tie), ends=_last_changes(ties, LET_IN),
    )  # fmt: skip


@transaction.atomic
def propose_let_decide(
    tie: Guardianship, *, by: User, why: str, reason: str, document_number: str
) -> PendingAct:
    """Ask a second person to let the answers of this informed guardian count.

    By a document: a foster parent, a legal guardian whose paper came later. Nothing changes until
    they agree; what the guardian answered before begins and destroys nothing. Raises
    pending_acts.CannotAct.
    """
    student, ties = _locked(tie)
    _check(why, document_number)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_standing(_fresh(tie, ties), GuardianStanding.DECIDES)
    if effects.kind != LET_DECIDE:
        raise pending_acts.CannotAct("この保護者は、「知らせるだけ」ではありません。")
    if _open_acts(ties, LET_DECIDE).exists():
        raise pending_acts.CannotAct("この変更は、もう確認を待っています。")
    return _proposed(
        LET_DECIDE, tie, student, effects, by, why, reason, document_number,
        ends=_last_changes(ties, LET_DECIDE),
    )  # fmt: skip


def carry_out_standing_changes() -> None:
    """Carry out what two people agreed on; close what was confirmed or stopped."""
    act_processing.process_acts(*STANDING_ACTS, carry_out=_carry_out, put_back=lambda act: None)


def _carry_out(act):
    tie = Guardianship.objects.filter(pk=act.thing_id).first()
    if act.kind == KEEP_OUT or tie is None:  # in effect since it was proposed
        return
    student, ties = _locked(tie)
    is_over = kind_of(_fresh(tie, ties), ties, GuardianStanding.DECIDES) != act.kind
    if is_over or act.payload.get("ends") != _last_changes(ties, act.kind):
        act_processing.void_act(act)
        return
    ties = changed_guardianships(act.kind, ties)
    before = load_decision_context([student])[student.pk]
    known_until = _since(tie) if act.kind == LET_IN else None
    for to, some in by_new_standing(act.kind, ties).items():
        at = guardian_standings.set_standing(
            some, to, reason=act.payload["why"],
            document_number=act.payload["document_number"], act=act, by=act.confirmed_by,
            role=act.confirmed_role,
        )  # fmt: skip
    if act.kind == LET_IN:
        _close_open_acts(ties, KEEP_OUT, by=act.confirmed_by)
    _reconcile_after(student, agreed_to(before), at, known_until=known_until)


def _fresh(tie, ties):
    """The guardianship as it is now that it is locked."""
    return next(each for each in ties if each.pk == tie.pk)


def _locked(tie):
    """(student, guardianships of the same person), locked in the order in which a roster import
    locks.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=tie.student_id)
    ids = [each.pk for each in guardian_standings.guardianships_of_person(tie)]
    list(Guardianship.objects.filter(pk__in=ids).order_by("pk").select_for_update())
    guardian_standings.lock_against_rosters()
    return student, guardian_standings.guardianships_of_person(tie)


def _check(why, document_number):
    if why not in StandingReason.values:
        raise pending_acts.CannotAct("わけを選んでください。")
    if not 0 < len(document_number.strip()) <= MAX_NUMBER_CHARACTERS:
        raise pending_acts.CannotAct(
            f"書類の番号を、{MAX_NUMBER_CHARACTERS}字までで書いてください。"
        )


def _proposed(kind, tie, student, effects, by, why, reason, document_number, *, to=None, **more):
    if to is None:
        to = GuardianStanding.KEPT_OUT if kind == KEEP_OUT else GuardianStanding.DECIDES
    return pending_acts.propose_effects(
        replace(effects, kind=kind), tie, at=student, title=f"{student.class_and_number}の保護者",
        by=by, reason=reason,
        payload={
            "changes": {"standing": to},
            "why": why,
            "document_number": document_number.strip(),
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
    said = [each for each in context.valid_decisions if each.purpose == purpose]
    return all(each.decided_at <= known_until for each in said)


def _open_acts(ties, kind):
    ids = [str(tie.pk) for tie in ties]
    return PendingAct.objects.open().filter(kind=kind, thing_id__in=ids)


def _close_open_acts(ties, kind, *, by):
    """End the open acts of this kind about this person: what they were about is over.

    One that is being carried out at this moment is skipped: it finds a newer StandingChange.
    """
    for other in _open_acts(ties, kind).select_for_update(skip_locked=True):
        act_processing.supersede_act(other, by=by)


def _last_changes(ties, kind):
    """{guardian id: id of the last StandingChange, "" without one} of those the act changes."""
    found = {}
    for tie in changed_guardianships(kind, ties):
        last = guardian_standings.standing_history(tie).first()
        found[str(tie.guardian_id)] = str(last.pk) if last else ""
    return found


def _since(tie):
    """When the guardian was kept out: the latest time that was set, or the guardianship's
    beginning.
    """
    last = (
        guardian_standings.standing_history(tie).filter(standing=GuardianStanding.KEPT_OUT).first()
    )
    return last.changed_at if last else tie.began_at
