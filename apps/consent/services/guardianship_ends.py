"""Ending a guardianship: an act of two people, for guardians named by a roster or a letter.

Nothing is destroyed at once: a key that rested on the person's answer is paused and destroyed a day
later. A person who must learn nothing more of the child is kept out (``standing_changes``), not
ended.
"""

from django.db import transaction

from apps.audit.models import Audience
from apps.consent.models import Purpose
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.effectiveness import agreed_purposes
from apps.consent.services.key_reconciliation import reconcile_keys
from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.models import (
    Guardianship,
    GuardianshipEnd,
    GuardianshipEndReason,
    GuardianStanding,
    PendingAct,
    Student,
    User,
)
from apps.people.services import act_processing, guardian_standings, pending_acts
from apps.people.services.person_accounts import OWN_FAMILY_REFUSED, children_of_person
from apps.people.services.recorded_changes import record_change

END_GUARDIANSHIP = "guardianship.end"
NO_REASON = "わけを選んでください。"
NOT_ENDABLE = "この続柄は、もう終わっているか、まだ学校が確かめていません。"
WHAT_THEY_NOTICE = [
    "この子どもが画面から消えます",
    "出した返事の控えは、出したときのまま開けます",
    "名簿がこの人を保護者としていても、もどりません。もどすときは、子どもの手紙から登録し、二人が確かめます",
]


def effects_of_ending(guardianship: Guardianship) -> ActEffects:
    """What ending the guardianship would end, in numbers; kind "" where there is nothing to end."""
    guardianships = _guardianships_of(guardianship)
    if not guardianships:
        return ActEffects("", {})
    ids = {each.guardian_id for each in guardianships}
    with transaction.atomic():
        student = Student.objects.get(pk=guardianship.student_id)
        before = load_decision_context([student])[student.pk]
        after = before.with_standing(ids, "")
    was, will = (
        agreed_purposes(each.terms, student, each.valid_decisions) for each in (before, after)
    )
    preview = {
        "guardians": len(ids),
        "purposes": len((was - will) & set(before.keys) & set(Purpose.values)),
        "without": int(bool(before.guardians) and not after.guardians),
    }
    return ActEffects(END_GUARDIANSHIP, preview, [("この人が気づくこと", WHAT_THEY_NOTICE)], guardianship.municipality_id,
                   student.school_id)  # fmt: skip


@transaction.atomic
def propose_guardianship_end(
    guardianship: Guardianship, *, by: User, why: str, reason: str
) -> PendingAct:
    """Ask a second person to end the guardianship; nothing changes until they agree.

    ``why`` is a GuardianshipEndReason, ``reason`` a sentence. Raises pending_acts.CannotAct.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=guardianship.student_id)
    if why not in GuardianshipEndReason.values:
        raise pending_acts.CannotAct(NO_REASON)
    if student.pk in children_of_person(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_ending(guardianship)
    if not effects.kind:
        raise pending_acts.CannotAct(NOT_ENDABLE)
    return pending_acts.propose_effects(
        effects, guardianship, at=student, title=f"{student.class_and_number}の保護者", by=by, reason=reason,
        payload={"changes": {"ended_at": True}, "why": why},
    )  # fmt: skip


def carry_out_guardianship_ends() -> int:
    """End the guardianships that two people agreed on; how many."""
    return act_processing.process_acts(
        END_GUARDIANSHIP, carry_out=_carry_out, put_back=lambda act: None
    )


def _carry_out(act):
    guardianship = Guardianship.objects.filter(pk=act.thing_id).first()
    student = guardianship and Student.objects.select_for_update(no_key=True).get(
        pk=guardianship.student_id
    )
    guardianships = _guardianships_of(guardianship) if guardianship else []
    list(
        Guardianship.objects.filter(pk__in=[t.pk for t in guardianships])
        .order_by("pk")
        .select_for_update()
    )
    if not guardianships:
        act_processing.void_act(act)
        return
    now = clock.now()
    Guardianship.objects.filter(pk__in=[each.pk for each in guardianships]).update(ended_at=now)
    for each in guardianships:
        end = GuardianshipEnd.objects.create(
            municipality_id=each.municipality_id, guardian_id=each.guardian_id,
            student_id=each.student_id, reason=act.payload["why"], act=act, ended_at=now,
        )  # fmt: skip
        record_change(
            end, act.confirmed_by, ["ended_at"], role=act.confirmed_role,
            student_id=each.student_id, audience=Audience.OFFICE,
        )  # fmt: skip
    reconcile_keys(load_decision_context([student])[student.pk], audience=Audience.OFFICE)


def _guardianships_of(guardianship):
    """Today's confirmed guardianships of this child by accounts of the same person."""
    return [
        each
        for each in guardian_standings.guardianships_of_person(guardianship)
        if each.ended_at is None and each.standing != GuardianStanding.WAITING
    ]
