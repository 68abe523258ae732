"""What a change of a guardian's standing would end or restore, in numbers and sentences."""

from django.db import transaction

from apps.consent.models import Purpose
from apps.consent.services.decision_context import DecisionContext, load_decision_context
from apps.consent.services.effectiveness import agreed_purposes
from apps.people.act_rules import ActEffects
from apps.people.models import (
    Guardianship,
    GuardianStanding,
    Student,
)
from apps.people.models.guardians import INFORMED_STANDINGS
from apps.people.services import guardian_standings

KEEP_OUT, LET_IN = "guardian.keep_out", "guardian.let_in"


LET_DECIDE = "guardian.let_decide"


STANDING_BEFORE = {LET_IN: GuardianStanding.KEPT_OUT, LET_DECIDE: GuardianStanding.INFORMED}


LET_DECIDE_CONSEQUENCES = [
    "同意のページで、返事ができるようになります",
    "前の返事だけでは、何も始まらず、何も消えません。本人があらためて返事をします",
]


LAST_GUARDIAN_CONSEQUENCES = [
    "制限すると、この子どもに判断する保護者がいなくなり、保護者の同意がいる連携は、すべて止まります",
    "市の担当者と個人情報保護の担当の「きょう」に、すぐに出ます",
]


def effects_of_standing(guardianship: Guardianship, to: str) -> ActEffects:
    """What setting this standing would end or restore, in numbers; kind "" where nothing."""
    of_person = guardian_standings.guardianships_of_person(guardianship)
    kind = kind_of(guardianship, of_person, to)
    guardianships = changed_guardianships(kind, of_person)
    if not guardianships:
        return ActEffects("", {})
    with transaction.atomic():
        student = Student.objects.get(pk=guardianship.student_id)
        before = load_decision_context([student])[student.pk]
        after = before
        for value, changed in by_new_standing(kind, guardianships).items():
            after = _context_with_standing(after, changed, value)
    preview = {
        "guardians": len({each.guardian_id for each in guardianships}),
        **_counts(kind, before, after),
    }
    return ActEffects(
        kind,
        preview,
        _consequences(kind, guardianships, after),
        guardianship.municipality_id,
        student.school_id,
    )


def kind_of(guardianship: Guardianship, of_person: list[Guardianship], to: str) -> str:
    """The kind of act that leads to this standing; "" for none."""
    if to == GuardianStanding.KEPT_OUT:
        return KEEP_OUT
    if any(each.standing == GuardianStanding.KEPT_OUT for each in of_person):
        return LET_IN if to in INFORMED_STANDINGS else ""
    is_informed = (
        guardianship.standing == GuardianStanding.INFORMED and guardianship.ended_at is None
    )
    return LET_DECIDE if is_informed and to == GuardianStanding.DECIDES else ""


def changed_guardianships(kind: str, of_person: list[Guardianship]) -> list[Guardianship]:
    """Those of a person's guardianships that an act of this kind changes."""
    if kind == KEEP_OUT:
        return [each for each in of_person if each.standing != GuardianStanding.KEPT_OUT]
    return [each for each in of_person if each.standing == STANDING_BEFORE.get(kind)]


def by_new_standing(kind: str, guardianships: list[Guardianship]) -> dict[str, list[Guardianship]]:
    """{the standing they would have: guardianships}: letting in restores the standing of before."""
    found: dict = {}
    for guardianship in guardianships:
        to = GuardianStanding.KEPT_OUT if kind == KEEP_OUT else GuardianStanding.DECIDES
        to = guardian_standings.former_standing(guardianship) if kind == LET_IN else to
        found.setdefault(to, []).append(guardianship)
    return found


def _consequences(
    kind: str, guardianships: list[Guardianship], after: DecisionContext
) -> list[tuple[str, list[str]]]:
    if kind == KEEP_OUT:
        return _keep_out_consequences(guardianships, after)
    return [("この人が気づくこと", LET_DECIDE_CONSEQUENCES)] if kind == LET_DECIDE else []


def agreed_to(context: DecisionContext) -> set[str]:
    """The purposes to which everybody who must has agreed."""
    return agreed_purposes(context.terms, context.student, context.valid_decisions)


def _keep_out_consequences(
    guardianships: list[Guardianship], after: DecisionContext
) -> list[tuple[str, list[str]]]:
    """[(what, [sentences])]: what the guardian kept out will notice, and what happens to others."""
    ids = {each.guardian_id for each in guardianships}
    student = guardianships[0].student_id
    others = Guardianship.objects.current().filter(guardian__in=ids).exclude(student=student)
    n_others = others.values("student").distinct().count()
    noticed = [
        "この子どもが画面から消えます(市の外へ転校した子どもと同じです)",
        "自分が出した返事の控えは、転校した子どもと同じに、出したときのまま開けます",
        "前に届いた連絡も、この子どもの分は消えます(転校した子どもなら残るので、くらべると気づきます)",
        "新しい返事・記録・お知らせ・通知・手紙は、この子どもの分が届かず、開けません",
        "印刷ずみの手紙の番号は、この子どもには使えません",
        "わけや、だれが決めたかは出ません",
    ]
    if n_others:
        noticed.append(f"ほかの子ども({n_others}人)は、いままでどおりです")
    rest = (
        "ほかの保護者と生徒の画面には、制限のことは出ません。止まった連携は、あらためてたずねます"
    )
    found = [("この人が気づくこと", noticed)]
    if after.guardians:
        return [*found, ("ほかの人は", [rest])]
    return [("この子どもについて判断する、最後の保護者です", LAST_GUARDIAN_CONSEQUENCES), *found]


def _context_with_standing(
    context: DecisionContext, guardianships: list[Guardianship], to: str
) -> DecisionContext:
    """The DecisionContext with these guardianships at another standing."""
    return context.with_standing(
        {
            guardianship.guardian_id
            for guardianship in guardianships
            if guardianship.ended_at is None
        },
        to,
    )


def _counts(kind: str, before: DecisionContext, after: DecisionContext) -> dict[str, int]:
    """The purposes with a key that would stop, or come back, by the change."""
    was, will = agreed_to(before), agreed_to(after)
    held: set[str] = set(before.keys)
    if kind == KEEP_OUT:
        stop = (was - will) & held & set(Purpose.values)
        return {
            "purposes": len(stop),
            "without": int(bool(before.guardians) and not after.guardians),
        }
    if kind == LET_DECIDE:
        return {"asks": len(will - was), "ends": len((was - will) & held)}
    return {"resumes": len((will - was) & held), "ends": len((was - will) & held)}
