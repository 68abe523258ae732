"""The shipped rules with their thresholds, version 1."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.cases.models import EventKind, Rule
from apps.cases.rule_kinds import RULE_KINDS
from apps.core import clock
from apps.linkage.attendance_marks import ABSENCE_MARKS, AttendanceMark
from apps.linkage.connectors.school_files.file_formats import VISIT_KINDS
from apps.people.models import Municipality

ABSENT = [mark.value for mark in ABSENCE_MARKS]
AT_SCHOOL = [
    mark.value
    for mark in (
        AttendanceMark.PRESENT, AttendanceMark.LATE, AttendanceMark.EARLY, AttendanceMark.LATE_EARLY
    )
]  # fmt: skip
SHIPPED_RULES: dict[str, tuple[str, dict[str, Any]]] = {  # code → (title, thresholds)
    "R1": ("気持ち 3回つづけて「つらい」", {"at_most": 1, "in_a_row": 3, "days": 30}),
    "R2": (
        "気持ちが、ふだんより大きく下がった",
        {"days": 30, "recent_days": 7, "fall": 1.5, "answers": 8},
    ),
    "R3": (
        "30日で欠席5日以上、または3日つづけて欠席",
        {"days": 30, "absences": 5, "in_a_row": 3, "counts": ABSENT},
    ),
    "R4": (
        "保健室に14日で3回以上",
        {"days": 14, "visits_at_least": 3, "counts": sorted(VISIT_KINDS.values())},
    ),
    "R5": ("学習した日が、ふだんの半分以下", {"days": 28, "percent": 50, "active_days": 6}),
    "R6": ("話したい(きょう・いますぐ)と答えた", {"at_least": 2, "days": 7}),
    "R7": ("学校が記録した出来事", {"days": 30, "kinds": EventKind.values}),
    "R8": (
        "答えがなくなり、欠席がふえている",
        {"days": 28, "quiet_days": 10, "absences": 2, "counts": ABSENT},
    ),
    "R9": ("週の質問で、2回つづけて低い答え", {"at_most": 1, "in_a_row": 2, "days": 30}),
    "R10": ("成績が2教科以上で2段階下がった", {"days": 400, "steps": 2, "subjects": 2}),
    "P1": (
        "気持ちが上がっている",
        {"days": 30, "recent_days": 7, "rise": 1.5, "answers": 8},
    ),
    "P2": (
        "また登校している",
        {
            "days": 30, "absences": 5, "in_a_row": 3, "counts": ABSENT, "present": 3,
            "at_school": AT_SCHOOL,
        },
    ),
    "P3": ("また答えている", {"days": 30, "quiet_days": 10, "answers": 2}),
}  # fmt: skip


def seed_rules(municipality: Municipality) -> int:
    """Activate the shipped rules where a municipality has none of that code; how many."""
    return _add_rules(municipality, clock.now())


def draft_shipped_rules(municipality: Municipality) -> int:
    """Add them as drafts, which two people start; how many."""
    return _add_rules(municipality, None)


@transaction.atomic
def _add_rules(municipality: Municipality, activated_at: datetime | None) -> int:
    n_new = 0
    for code, (title, parameters) in SHIPPED_RULES.items():
        kind = RULE_KINDS[code]
        if Rule.objects.filter(municipality=municipality, code=code).exists():
            continue
        _, is_new = Rule.objects.get_or_create(
            municipality=municipality,
            code=code,
            version=1,
            defaults={
                "title": title, "purpose": kind.purpose, "also": kind.also,
                "parameters": parameters, "activated_at": activated_at,
            },
        )  # fmt: skip
        n_new += is_new
    return n_new
