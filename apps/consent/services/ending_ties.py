"""Ending somebody's guardianship of a child: an act of two people, for ties of a roster or a letter.

Nothing is destroyed at once: a key that rested on the person's answer is paused and goes a day
later. Who must not know of the child any more is kept out (``standing_changes``), not ended.
"""

from django.db import transaction

from apps.audit.models import Action, Audience
from apps.audit.services import record
from apps.consent.models import Purpose
from apps.consent.services.hearing import hear
from apps.consent.services.settling import settle
from apps.consent.services.standings import agreed_purposes
from apps.core import clock
from apps.people import pending_acts, standing
from apps.people.acts import Effects
from apps.people.models import (
    Guardianship,
    GuardianshipEnd,
    GuardianshipEndReason,
    GuardianStanding,
    PendingAct,
    Student,
    User,
)
from apps.people.same_person import OF_THE_FAMILY, family_of

END = "guardianship.end"
NO_REASON = "わけを選んでください。"
NOT_NOW = "この続柄は、もう終わっているか、まだ学校が確かめていません。"
NOTICED = [
    "この子どもが画面から消えます",
    "出した返事の控えは、出したときのまま開けます",
    "名簿がこの人を保護者としていても、もどりません。もどすときは、子どもの手紙から登録し、二人が確かめます",
]


def effects_of_ending(tie: Guardianship) -> Effects:
    """What ending the tie would end, in numbers; kind "" where there is nothing to end."""
    ties = _ties_of(tie)
    if not ties:
        return Effects("", {})
    ids = {each.guardian_id for each in ties}
    with transaction.atomic():
        student = Student.objects.get(pk=tie.student_id)
        before = hear([student])[student.pk]
        after = before.with_standing(ids, "")
    was, will = (agreed_purposes(each.terms, student, each.heard) for each in (before, after))
    preview = {
        "guardians": len(ids),
        "purposes": len((was - will) & set(before.held) & set(Purpose.values)),
        "without": int(bool(before.ties) and not after.ties),
    }
    return Effects(END, preview, [("この人が気づくこと", NOTICED)], tie.municipality_id,
                   student.school_id)  # fmt: skip


@transaction.atomic
def propose_end(tie: Guardianship, *, by: User, why: str, reason: str) -> PendingAct:
    """Ask a second person to end the tie; nothing changes until they agree.

    ``why`` is a GuardianshipEndReason, ``reason`` a sentence. Raises pending_acts.CannotAct.
    """
    student = Student.objects.select_for_update(no_key=True).get(pk=tie.student_id)
    if why not in GuardianshipEndReason.values:
        raise pending_acts.CannotAct(NO_REASON)
    if student.pk in family_of(by):
        raise pending_acts.CannotAct(OF_THE_FAMILY)
    effects = effects_of_ending(tie)
    if not effects.kind:
        raise pending_acts.CannotAct(NOT_NOW)
    number = f" {student.attendance_number}番" if student.attendance_number else ""
    return pending_acts.propose(
        END,
        thing_id=tie.pk,
        title=f"{student.home_class or student.school}{number}の保護者",  # no name in a list
        municipality_id=tie.municipality_id,
        school_id=student.school_id,
        by=by,
        reason=reason,
        preview=effects.preview,
        payload={"changes": {"ended_at": True}, "why": why},
    )


def follow_endings() -> int:
    """End the ties that two people agreed on; how many."""
    return pending_acts.follow(END, carry_out=_carry_out, put_back=lambda act: None)


def _carry_out(act):
    tie = Guardianship.objects.filter(pk=act.thing_id).first()
    student = tie and Student.objects.select_for_update(no_key=True).get(pk=tie.student_id)
    ties = _ties_of(tie) if tie else []
    list(
        Guardianship.objects.filter(pk__in=[t.pk for t in ties]).order_by("pk").select_for_update()
    )
    if not ties:
        pending_acts.void(act)
        return
    now = clock.now()
    Guardianship.objects.filter(pk__in=[each.pk for each in ties]).update(ended_at=now)
    for each in ties:
        end = GuardianshipEnd.objects.create(
            municipality_id=each.municipality_id, guardian_id=each.guardian_id,
            student_id=each.student_id, reason=act.payload["why"], act=act, ended_at=now,
        )  # fmt: skip
        record(
            Action.RECORD_CHANGED, actor=act.confirmed_by, role=act.confirmed_role,
            municipality_id=each.municipality_id, subject_id=each.student_id, thing=end,
            fields=["ended_at"], audience=Audience.OFFICE,
        )  # fmt: skip
    settle(hear([student])[student.pk], audience=Audience.OFFICE)


def _ties_of(tie):
    """The confirmed ties of today to the child of whoever is the same person."""
    return [
        each
        for each in standing.ties_of_person(tie)
        if each.ended_at is None and each.standing != GuardianStanding.WAITING
    ]
