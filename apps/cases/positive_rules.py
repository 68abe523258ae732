"""The rules for good signs: shown beside an open case, never opening one. Pure."""

from collections.abc import Iterable
from datetime import date, timedelta
from statistics import fmean, median

from apps.cases.rule_facts import DayMark, Days, MoodAnswer, RuleFinding, within
from apps.cases.sign_rules import find_absences, school_days_after


def find_risen_mood(
    moods: Iterable[MoodAnswer], today: date, *, days: int, recent_days: int, rise: float,
    answers: int,
) -> RuleFinding | None:  # fmt: skip
    """P1: the mean of the last days is ``rise`` above the own median before them."""
    own = sorted(within(moods, today, days))
    recent = within(own, today, recent_days)
    before = own[: len(own) - len(recent)]
    if len(own) < answers or not recent or not before:
        return None
    usual = median(mood.value for mood in before)
    rose = fmean(mood.value for mood in recent) >= usual + rise
    return RuleFinding(tuple(recent)) if rose else None


def find_return(
    marks: Iterable[DayMark], today: date, *, days: int, absences: int, in_a_row: int,
    counts: Iterable[str], present: int, at_school: Iterable[str], breaks: Days = (),
) -> RuleFinding | None:  # fmt: skip
    """P2: ``present`` days at school one after another, after absences as of R3."""
    own = sorted(set(within(marks, today, days)))
    missed = {mark.on for mark in own if mark.mark in counts}
    there = [mark for mark in own if mark.mark in at_school and mark.on not in missed]
    last = max(missed, default=None)
    back = [mark for mark in there if last is not None and mark.on > last]
    gone = find_absences(
        own, today, days=days, absences=absences, in_a_row=in_a_row, counts=counts, breaks=breaks
    )
    return RuleFinding(tuple(back)) if gone and len(back) >= present else None


def find_answers_again(
    moods: Iterable[MoodAnswer], today: date, *, breaks: Days, days: int, quiet_days: int,
    answers: int,
) -> RuleFinding | None:  # fmt: skip
    """P3: ``answers`` or more in the last week, after ``quiet_days`` school days without one."""
    own = sorted(within(moods, today, days))
    for n in range(len(own) - 1, 0, -1):
        one, other = own[n - 1].on, own[n].on
        if len(school_days_after(one, other - timedelta(days=1), breaks)) < quiet_days:
            continue
        recent = within(own[n:], today, 7)
        return RuleFinding(tuple(recent)) if len(recent) >= answers else None
    return None
