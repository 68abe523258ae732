"""The rules for signs. Pure: facts and thresholds in, a RuleFinding or None out.

A finding is not a judgement. Absences follow 指導要録「出欠の記録」: 出席停止・忌引 are neither
absences nor days on which attendance was due.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from apps.linkage.attendance_marks import EXCUSED_MARKS
from apps.people.school_day_rules import is_school_weekday


@dataclass(frozen=True, order=True)
class MoodAnswer:
    """One answer about mood: its day, when it arrived (ISO), 4 good … 0 hard."""

    on: date
    at: str
    value: int


@dataclass(frozen=True, order=True)
class DayMark:
    """One day's mark in the attendance record (a code of C4th 取込形式 v1)."""

    on: date
    mark: str


@dataclass(frozen=True)
class RuleFinding:
    """The facts that met a rule, oldest first."""

    facts: tuple

    @property
    def newest(self):
        """Identifies the finding: it is the same until a newer fact joins it."""
        last = self.facts[-1]
        return f"{last.on.isoformat()}|{getattr(last, 'at', '')}"


def find_low_mood(moods: Iterable[MoodAnswer], today: date, *, at_most, in_a_row, days):
    """The latest run of ``in_a_row`` or more answers, each at most ``at_most``, in ``days`` days."""
    found, run = (), []
    for mood in sorted(_within(moods, today, days)):
        run = [*run, mood] if mood.value <= at_most else []
        if len(run) >= in_a_row:
            found = tuple(run)
    return RuleFinding(found) if found else None


def find_absences(marks: Iterable[DayMark], today: date, *, days, absences, in_a_row, counts):
    """``absences`` days absent within ``days``, or ``in_a_row`` school days one after another.

    ``counts`` are the marks that count as absent; where a day has two marks, absent wins.
    """
    recent = sorted(set(_within(marks, today, days)))
    absent = {mark.on: mark for mark in recent if mark.mark in counts}
    excused = {mark.on for mark in recent if mark.mark in EXCUSED_MARKS} - set(absent)
    if len(absent) >= absences:
        return RuleFinding(tuple(absent[on] for on in sorted(absent)))
    run = _last_long_run(absent, excused, in_a_row)
    return RuleFinding(tuple(absent[on] for on in run)) if run else None


def _last_long_run(absent, excused, in_a_row):
    found, run = (), []
    for on in sorted(absent):
        run = [*run, on] if run and not _attended_between(run[-1], on, excused) else [on]
        if len(run) >= in_a_row:
            found = tuple(run)
    return found


def _attended_between(one, other, excused):
    between = (one + timedelta(days=n) for n in range(1, (other - one).days))
    return any(is_school_weekday(on) and on not in excused for on in between)


def _within(facts, today, days):
    return (fact for fact in facts if today - timedelta(days=days) < fact.on <= today)
