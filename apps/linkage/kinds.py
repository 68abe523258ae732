"""The kinds of facts that may be linked, and the one purpose each of them serves.

What is not in this table is not taken in: a connector cannot widen what somebody agreed to.
"""

from dataclasses import dataclass

from apps.consent.models import Purpose
from apps.linkage.models import SourceKind

STATEMENT, STUDY_WEEK = "statement", "study_week"
ROSTER = "roster"  # no fact of a purpose: only how far it was read


@dataclass(frozen=True)
class Kind:
    """Its purpose, its name for people, and for how many days it is kept where not the policy's."""

    purpose: str
    label: str
    days: int | None = None


KINDS = {
    "attendance_daily": Kind(Purpose.ATTENDANCE, "出席(1日ごと)"),
    "attendance_monthly": Kind(Purpose.ATTENDANCE, "出席(1か月ごと)"),
    "nurse_visit": Kind(Purpose.NURSE_ROOM, "保健室に 来た 回数"),
    "grades": Kind(Purpose.GRADES, "成績"),
    "kokoro_tenki": Kind(Purpose.MOOD_WEATHER, "心の天気"),
    STATEMENT: Kind(Purpose.STUDY_LOG, "学習の きろく", days=30),
    STUDY_WEEK: Kind(Purpose.STUDY_LOG, "学習の きろく(1週間ごと)"),
    "household": Kind(Purpose.HOUSEHOLD, "世帯の 人数(区分)"),
    "income": Kind(Purpose.INCOME, "所得の 区分"),
    "allowances": Kind(Purpose.ALLOWANCES, "手当などの 受給(有無)"),
}
NAMED_BY = {SourceKind.SCHOOL_FILES: "local_code", SourceKind.XAPI_LRS: "master_id"}
GIVEN_BY = {
    SourceKind.SCHOOL_FILES: (
        "attendance_daily", "attendance_monthly", "nurse_visit", "grades", "kokoro_tenki",
    ),
    SourceKind.XAPI_LRS: (STATEMENT,),
    SourceKind.SELF_INFO: ("household", "income", "allowances"),
}  # fmt: skip


def purposes_of(source):
    """The purposes (set of str) that a source's facts can serve."""
    return {KINDS[kind].purpose for kind in GIVEN_BY.get(source.kind, ())}


def label_of(kind):
    """A kind's name for people; the bare name where it is not known (any more)."""
    if kind == ROSTER:
        return "名簿"
    return KINDS[kind].label if kind in KINDS else kind
