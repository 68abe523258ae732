"""The rules for signs. Pure: facts and thresholds in, a RuleFinding or None out.

A finding is not a judgement. Every rule compares a student with their own days, never with others.
Absences follow 指導要録「出欠の記録」: 出席停止・忌引 are neither absences nor days on which
attendance was due.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from statistics import fmean, median
from typing import Any

from apps.cases.rule_facts import (
    DayMark,
    Days,
    GradeFall,
    MoodAnswer,
    NurseVisit,
    QuietSpell,
    RecordedEvent,
    RuleFinding,
    StudyDay,
    StudyWeek,
    TalkAnswer,
    TermGrade,
    WeeklyAnswer,
    within,
)
from apps.linkage.attendance_marks import EXCUSED_MARKS
from apps.people.school_day_rules import is_in_breaks, is_school_weekday

A_DAY, A_WEEK = timedelta(days=1), 7
LEAST_SCHOOL_DAYS = 3  # of a week, or little study says nothing: there were holidays
ASPECT_LEVELS = {"A": 3, "B": 2, "C": 1}
is_weekday_of_school = lru_cache(maxsize=2000)(is_school_weekday)


# -- check-ins ------------------------------------------------------------------------------------


def find_low_mood(
    moods: Iterable[MoodAnswer], today: date, *, at_most: int, in_a_row: int, days: int
) -> RuleFinding | None:
    """R1: the latest run of ``in_a_row`` or more answers, each at most ``at_most``."""
    run = _last_low_run(sorted(within(moods, today, days)), at_most, in_a_row)
    return RuleFinding(run) if run else None


def find_fallen_mood(
    moods: Iterable[MoodAnswer], today: date, *, days: int, recent_days: int, fall: float,
    answers: int,
) -> RuleFinding | None:  # fmt: skip
    """R2: the mean of the last ``recent_days`` days is ``fall`` below the own median before them.

    Of ``answers`` or more answers in ``days`` days. The days before alone are the median's: else a
    long fall would be its own measure.
    """
    own = sorted(within(moods, today, days))
    recent = within(own, today, recent_days)
    before = own[: len(own) - len(recent)]
    if len(own) < answers or not recent or not before:
        return None
    usual = median(mood.value for mood in before)
    fell = fmean(mood.value for mood in recent) <= usual - fall
    return RuleFinding(tuple(recent)) if fell else None


def find_wish_to_talk(
    talks: Iterable[TalkAnswer], today: date, *, at_least: int, days: int
) -> RuleFinding | None:
    """R6: the answers that ask to talk to somebody, today or at once."""
    asking = sorted(talk for talk in within(talks, today, days) if talk.value >= at_least)
    return RuleFinding(tuple(asking)) if asking else None


def find_low_weeks(
    answers: Iterable[WeeklyAnswer], today: date, *, at_most: int, in_a_row: int, days: int
) -> RuleFinding | None:
    """R9: items of the weekly questions answered at most ``at_most`` several times running."""
    by_item = defaultdict(list)
    for answer in sorted(within(answers, today, days)):
        by_item[answer.item].append(answer)
    runs = (_last_low_run(each, at_most, in_a_row) for each in by_item.values())
    low = sorted(answer for run in runs for answer in run)
    return RuleFinding(tuple(low)) if low else None


def _last_low_run(answers: list[Any], at_most: int, in_a_row: int) -> tuple:
    """The latest run of so many answers that are low, or ()."""
    found: tuple = ()
    run: list[Any] = []
    for answer in answers:
        run = [*run, answer] if answer.value <= at_most else []
        if len(run) >= in_a_row:
            found = tuple(run)
    return found


# -- attendance, nurse's room ---------------------------------------------------------------------


def find_absences(
    marks: Iterable[DayMark], today: date, *, days: int, absences: int, in_a_row: int,
    counts: Iterable[str], breaks: Days = (),
) -> RuleFinding | None:  # fmt: skip
    """R3: ``absences`` days absent within ``days``, or ``in_a_row`` school days one after another.

    ``counts`` are the marks that count as absent; where a day has two marks, absent wins. Days of
    the school's ``breaks`` lie between two absences as a weekend does: nobody attended.
    """
    recent = sorted(set(within(marks, today, days)))
    absent = _absent(recent, counts)
    excused = {mark.on for mark in recent if mark.mark in EXCUSED_MARKS} - set(absent)
    if len(absent) >= absences:
        return RuleFinding(tuple(absent[on] for on in sorted(absent)))
    run = _last_long_run(absent, excused, in_a_row, breaks)
    return RuleFinding(tuple(absent[on] for on in run)) if run else None


def _absent(marks: Iterable[DayMark], counts: Iterable[str]) -> dict[date, DayMark]:
    return {mark.on: mark for mark in marks if mark.mark in counts}


def _last_long_run(
    absent: Iterable[date], excused: set[date], in_a_row: int, breaks: Days
) -> tuple:
    found: tuple = ()
    run: list[date] = []
    for on in sorted(absent):
        is_next = run and not _attended_between(run[-1], on, excused, breaks)
        run = [*run, on] if is_next else [on]
        if len(run) >= in_a_row:
            found = tuple(run)
    return found


def _attended_between(one: date, other: date, excused: set[date], breaks: Days) -> bool:
    days = school_days_after(one, other - A_DAY, breaks)
    return any(on not in excused for on in days)


def find_nurse_visits(
    visits: Iterable[NurseVisit], today: date, *, days: int, visits_at_least: int,
    counts: Iterable[str],
) -> RuleFinding | None:  # fmt: skip
    """R4: so many visits of these kinds to the nurse's room within ``days``."""
    recent = sorted(visit for visit in within(visits, today, days) if visit.kind in counts)
    return RuleFinding(tuple(recent)) if len(recent) >= visits_at_least else None


def find_silence(
    marks: Iterable[DayMark], today: date, *, answered_on: Iterable[date], breaks: Days, days: int,
    quiet_days: int, absences: int, counts: Iterable[str],
) -> RuleFinding | None:  # fmt: skip
    """R8: no check-in for ``quiet_days`` school days while absence rises.

    Somebody who never answered is not silent.
    """
    later = find_rising_absence(marks, today, days=days, absences=absences, counts=counts)
    if not later:
        return None
    last = max((on for on in answered_on if on <= today), default=None)
    if last is None or last <= today - timedelta(days=2 * days):
        return None
    quiet = school_days_after(last, today, breaks)
    if len(quiet) < quiet_days:
        return None
    spell = QuietSpell(quiet[-1], len(quiet), last)
    name = f"{later[-1].on.isoformat()}|{last.isoformat()}"
    return RuleFinding((*later, spell), name)


def find_rising_absence(
    marks: Iterable[DayMark], today: date, *, days: int, absences: int, counts: Iterable[str]
) -> list[DayMark]:
    """The absent days of the later half of ``days``; [] where absence does not rise.

    It rises with ``absences`` or more of them, and more than in the earlier half.
    """
    absent = sorted(_absent(within(set(marks), today, days), counts).values())
    later = [mark for mark in absent if mark.on > today - timedelta(days=days // 2)]
    rises = len(later) >= absences and len(later) > len(absent) - len(later)
    return later if rises else []


def school_days_after(day: date, until: date, breaks: Days) -> list[date]:
    """The school days after ``day`` until ``until``, that included."""
    days = (day + timedelta(days=n) for n in range(1, (until - day).days + 1))
    return [on for on in days if is_weekday_of_school(on) and not is_in_breaks(on, breaks)]


# -- study, grades, events ------------------------------------------------------------------------


def find_less_study(
    studied: Iterable[StudyDay], today: date, *, breaks: Days, days: int, percent: int,
    active_days: int,
) -> RuleFinding | None:  # fmt: skip
    """R5: in the last week at most ``percent`` of the active days of the own weeks before.

    Of somebody with ``active_days`` or more in those weeks; not after a week of holidays.
    """
    own = {study.on for study in within(studied, today, days)}
    weeks = [_week(own, today - timedelta(days=n)) for n in range(0, days - A_WEEK + 1, A_WEEK)]
    before = sum(week.days for week in weeks[1:])
    if before < active_days or weeks[0].days * (len(weeks) - 1) * 100 > before * percent:
        return None
    if len(school_days_after(today - timedelta(days=A_WEEK), today, breaks)) < LEAST_SCHOOL_DAYS:
        return None
    return RuleFinding(tuple(reversed(weeks)), f"{max(own).isoformat()}")


def _week(days: set[date], last: date) -> StudyWeek:
    return StudyWeek(last, sum(last - timedelta(days=A_WEEK) < on <= last for on in days))


def find_fallen_grades(
    grades: Iterable[TermGrade], today: date, *, days: int, steps: int, subjects: int
) -> RuleFinding | None:
    """R10: in the newest term ``steps`` or more below the term before, in several subjects."""
    own = sorted(within(set(grades), today, days))
    terms = sorted({grade.on for grade in own})
    if len(terms) < 2:  # noqa: PLR2004 - the newest and the one before
        return None
    now, before = ({g.subject: g for g in own if g.on == on} for on in (terms[-1], terms[-2]))
    falls = sorted(
        GradeFall(terms[-1], subject, _steps(before[subject], now[subject]))
        for subject in now.keys() & before.keys()
    )
    fallen = tuple(fall for fall in falls if fall.steps >= steps)
    return RuleFinding(fallen) if len(fallen) >= subjects else None


def _steps(before: TermGrade, now: TermGrade) -> int:
    """How many steps a subject fell: by 評定, where one of the two has none by the three aspects."""
    if before.rating and now.rating:
        return before.rating - now.rating
    return _level(before) - _level(now)


def _level(grade: TermGrade) -> int:
    return sum(ASPECT_LEVELS.get(aspect, 0) for aspect in grade.aspects)


def find_events(
    events: Iterable[RecordedEvent], today: date, *, days: int, kinds: Iterable[str]
) -> RuleFinding | None:
    """R7: the events of these kinds that staff recorded within ``days``."""
    recent = sorted(event for event in within(events, today, days) if event.kind in kinds)
    return RuleFinding(tuple(recent)) if recent else None
