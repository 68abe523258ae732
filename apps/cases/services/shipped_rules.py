"""The shipped rules, and which data each of them reads."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction

from apps.cases import sign_rules
from apps.cases.models import Rule
from apps.checkins.models import CheckIn
from apps.consent.models import Purpose
from apps.core import clock
from apps.core.clock import JST, today
from apps.linkage.attendance_marks import ABSENCE_MARKS
from apps.linkage.models import LinkedRecord

SHIPPED_RULES = [
    {
        "code": "R1",
        "version": 1,
        "title": "気持ち 3回つづけて「つらい」",
        "purpose": Purpose.CHECKIN_REVIEW,
        "parameters": {"at_most": 1, "in_a_row": 3, "days": 30},
    },
    {
        "code": "R3",
        "version": 1,
        "title": "30日で欠席5日以上、または3日つづけて欠席",
        "purpose": Purpose.ATTENDANCE,
        "parameters": {
            "days": 30,
            "absences": 5,
            "in_a_row": 3,
            "counts": [mark.value for mark in ABSENCE_MARKS],
        },
    },
]


@transaction.atomic
def seed_rules(municipality):
    """Activate the shipped rules where a municipality has none of that code; how many."""
    n_new = 0
    for shipped in SHIPPED_RULES:
        _, is_new = Rule.objects.get_or_create(
            municipality=municipality,
            code=shipped["code"],
            version=shipped["version"],
            defaults={**shipped, "activated_at": clock.now()},
        )
        n_new += is_new
    return n_new


def window_start(parameters: dict) -> datetime:
    """When the first day began that a rule with these parameters looks at."""
    first = today() - timedelta(days=parameters["days"])  # a day more: it ends before the window
    return datetime.combine(first, time.min, JST)


@dataclass(frozen=True)
class MoodRuleReader:
    """Rule R1 reads the daily check-ins of its window."""

    def rows(self):
        """Every row that could matter, of all students."""
        return CheckIn.objects.filter(question_set__code="daily")

    def rows_of(self, students, parameters):
        """The rows of these students (ids) that the rule must open."""
        since = today() - timedelta(days=parameters["days"])
        return self.rows().filter(student__in=students, answered_on__gt=since)

    def find(self, rows, values, parameters):
        """The RuleFinding in opened rows, or None."""
        moods = [
            sign_rules.MoodAnswer(row.answered_on, row.received_at.isoformat(), value["mood"])
            for row, value in zip(rows, values, strict=True)
            if value and value.get("mood") is not None
        ]
        return sign_rules.find_low_mood(moods, today(), **parameters)

    def evidence(self, fact):
        """The part of a fact kept as evidence."""
        return {"on": fact.on.isoformat(), "mood": fact.value}


@dataclass(frozen=True)
class AttendanceRuleReader:
    """Rule R3 reads attendance days.

    Their dates are encrypted. But no fact arrives before its day: what has arrived before the
    window began is older than it. Facts of older days that arrived since are opened too.
    """

    def rows(self):
        """Every row that could matter, of all students."""
        return LinkedRecord.objects.filter(kind="attendance_daily")

    def rows_of(self, students, parameters):
        """The rows of these students (ids) that the rule must open."""
        since = window_start(parameters)
        return self.rows().filter(student__in=students, received_at__gt=since)

    def find(self, rows, values, parameters):
        """The RuleFinding in opened rows, or None."""
        marks = [
            sign_rules.DayMark(date.fromisoformat(value["date"]), value["mark"])
            for value in values
            if value
        ]
        return sign_rules.find_absences(marks, today(), **parameters)

    def evidence(self, fact):
        """The part of a fact kept as evidence."""
        return {"on": fact.on.isoformat(), "mark": fact.mark}


RULE_READERS: dict[str, MoodRuleReader | AttendanceRuleReader] = {
    "R1": MoodRuleReader(),
    "R3": AttendanceRuleReader(),
}
