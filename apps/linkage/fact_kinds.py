"""The kinds of facts that may be linked, and the one purpose each of them serves.

Facts of other kinds are not imported: a connector cannot widen what somebody agreed to.
"""

from dataclasses import dataclass

from apps.consent.models import Purpose
from apps.linkage.models import SourceKind

STATEMENT, STUDY_WEEK = "statement", "study_week"
ROSTER = "roster"  # not a fact with a purpose: only records how far it was read


@dataclass(frozen=True)
class FactKind:
    """Its purpose, its name for people, and for how many days it is kept where not the policy's."""

    purpose: str
    label: str
    days: int | None = None


FACT_KINDS = {
    "attendance_daily": FactKind(Purpose.ATTENDANCE, "出席(1日ごと)"),
    "attendance_monthly": FactKind(Purpose.ATTENDANCE, "出席(1か月ごと)"),
    "nurse_visit": FactKind(Purpose.NURSE_ROOM, "保健室に 来た 回数"),
    "grades": FactKind(Purpose.GRADES, "成績"),
    "kokoro_tenki": FactKind(Purpose.MOOD_WEATHER, "心の天気"),
    STATEMENT: FactKind(Purpose.STUDY_LOG, "学習の きろく", days=30),
    STUDY_WEEK: FactKind(Purpose.STUDY_LOG, "学習の きろく(1週間ごと)"),
    "household": FactKind(Purpose.HOUSEHOLD, "世帯の 人数(区分)"),
    "income": FactKind(Purpose.INCOME, "所得の 区分"),
    "allowances": FactKind(Purpose.ALLOWANCES, "手当などの 受給(有無)"),
}
STUDENT_ID_FIELDS = {SourceKind.SCHOOL_FILES: "local_code", SourceKind.XAPI_LRS: "master_id"}
KINDS_BY_SOURCE = {
    SourceKind.SCHOOL_FILES: (
        "attendance_daily", "attendance_monthly", "nurse_visit", "grades", "kokoro_tenki",
    ),
    SourceKind.XAPI_LRS: (STATEMENT,),
    SourceKind.SELF_INFO: ("household", "income", "allowances"),
}  # fmt: skip


def source_purposes(source):
    """The purposes (set of str) that a source's facts can serve."""
    return {FACT_KINDS[kind].purpose for kind in KINDS_BY_SOURCE.get(source.kind, ())}


def kind_label(kind):
    """A kind's name for people; the bare name where it is not known (any more)."""
    if kind == ROSTER:
        return "名簿"
    return FACT_KINDS[kind].label if kind in FACT_KINDS else kind
