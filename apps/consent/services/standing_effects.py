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


LET_DECIDE, STOP_DECIDING = "guardian.let_decide", "guardian.stop_deciding"


STANDING_BEFORE = {
    LET_IN: GuardianStanding.KEPT_OUT,
    LET_DECIDE: GuardianStanding.INFORMED,
    STOP_DECIDING: GuardianStanding.DECIDES,
}
NEW_STANDING = {
    KEEP_OUT: GuardianStanding.KEPT_OUT,
    LET_DECIDE: GuardianStanding.DECIDES,
    STOP_DECIDING: GuardianStanding.INFORMED,
}


LET_DECIDE_CONSEQUENCES = [
    "同意のページで、返事ができるようになります",
    "前の返事だけでは、何も始まらず、何も消えません。本人があらためて返事をします",
]


OTHERS = "ほかの保護者と生徒の画面には、このことは出ません。止まった連携は、あらためてたずねます"


# A guardian by office comes in as every newcomer does, with a document and two people.
BY_OFFICE = (
    "未成年後見人・施設長・児童相談所長は、管理職が渡す手紙で登録できます。"
    "書類を見て2人が確かめると、判断する保護者になります"
)


LAST_STOPPED_CONSEQUENCES = [
    "判断する保護者がいなくなり、保護者の同意がいる連携は、すべて止まります",
    BY_OFFICE,
]


STOP_DECIDING_CONSEQUENCES = [
    "同意のページで、返事ができなくなります。説明とこの子どもの記録は、いままでどおり読めます",
    "前の返事は、同意も不同意も数えません。自分が出した返事の控えは、そのまま開けます",
    "わけや、だれが決めたかは出ません",
]


LAST_DECIDER = "この子どもについて判断する、最後の保護者です"


LAST_GUARDIAN_CONSEQUENCES = [
    "制限すると、この子どもに判断する保護者がいなくなり、保護者の同意がいる連携は、すべて止まります",
    BY_OFFICE,
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
    if guardianship.ended_at is not None or guardianship.standing == to:
        return ""
    steps = (LET_DECIDE, STOP_DECIDING)
    found = (
        k for k in steps if (guardianship.standing, to) == (STANDING_BEFORE[k], NEW_STANDING[k])
    )
    return next(found, "")


def changed_guardianships(kind: str, of_person: list[Guardianship]) -> list[Guardianship]:
    """Those of a person's guardianships that an act of this kind changes."""
    if kind == KEEP_OUT:
        return [each for each in of_person if each.standing != GuardianStanding.KEPT_OUT]
    return [each for each in of_person if each.standing == STANDING_BEFORE.get(kind)]


def by_new_standing(kind: str, guardianships: list[Guardianship]) -> dict[str, list[Guardianship]]:
    """{the standing they would have: guardianships}: letting in restores the standing of before."""
    found: dict = {}
    for guardianship in guardianships:
        to = NEW_STANDING.get(kind) or guardian_standings.former_standing(guardianship)
        found.setdefault(to, []).append(guardianship)
    return found


def _consequences(
    kind: str, guardianships: list[Guardianship], after: DecisionContext
) -> list[tuple[str, list[str]]]:
    if kind == KEEP_OUT:
        return _keep_out_consequences(guardianships, after)
    if kind == STOP_DECIDING:
        last = [] if after.guardians else [(LAST_DECIDER, LAST_STOPPED_CONSEQUENCES)]
        return [*last, ("この人が気づくこと", STOP_DECIDING_CONSEQUENCES), ("ほかの人は", [OTHERS])]
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
    found = [("この人が気づくこと", noticed)]
    if after.guardians:
        return [*found, ("ほかの人は", [OTHERS])]
    return [(LAST_DECIDER, LAST_GUARDIAN_CONSEQUENCES), *found]


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
    if kind in (KEEP_OUT, STOP_DECIDING):
        stop = (was - will) & held & set(Purpose.values)
        asks = {"asks": len(will - was)} if kind == STOP_DECIDING else {}
        return {
            "purposes": len(stop),
            "without": int(bool(before.guardians) and not after.guardians),
            **asks,
        }
    if kind == LET_DECIDE:
        return {"asks": len(will - was), "ends": len((was - will) & held)}
    return {"resumes": len((will - was) & held), "ends": len((was - will) & held)}
