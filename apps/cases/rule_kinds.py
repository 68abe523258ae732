"""What each rule reads, how it is applied, and when it may speak because days pass. Pure.

``horizon`` is for how many days ahead facts that stay as they are may still begin to meet a rule:
0 where facts only leave its window. Household, income and allowances are read by none.

A guardian reads on which days the attendance was checked. So the days on which R8 opens it again
follow from the attendance alone (``opens_again``), and tell nothing of the student's answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from apps.cases import positive_rules, sign_rules
from apps.cases.rule_facts import (
    DayMark,
    MoodAnswer,
    NurseVisit,
    RecordedEvent,
    RuleFinding,
    StudentFacts,
    StudyDay,
    TalkAnswer,
    TermGrade,
    WeeklyAnswer,
)

CHECKINS, ATTENDANCE, NURSE_ROOM = "checkin_review", "attendance", "nurse_room"
STUDY, GRADES, CASEWORK = "study_log", "grades", "casework"
PURPOSES = (CHECKINS, ATTENDANCE, NURSE_ROOM, STUDY, GRADES, CASEWORK)


@dataclass(frozen=True)
class RuleKind:
    """One rule without its thresholds. ``also``: another purpose that must be effective."""

    purpose: str
    apply: Callable[[StudentFacts, date, dict], RuleFinding | None]
    also: str = ""
    horizon: Callable[[dict], int] = lambda parameters: 0
    opens_again: Callable[[StudentFacts, date, dict], bool] | None = None
    may_open_again: Callable[[StudentFacts, dict], bool] = lambda facts, parameters: True
    is_positive: bool = False


def _on(kind: type, find: Callable, *more: str, **told: Any) -> dict[str, Any]:
    """``apply`` that gives a finder the facts of one class, and what else it reads by name."""

    def apply(facts: StudentFacts, today: date, parameters: dict) -> RuleFinding | None:
        own = facts.of(kind)
        if not own:
            return None
        others = {name: getattr(facts, name) for name in more}
        return find(own, today, **others, **parameters)

    return {"apply": apply, **told}


def _as_known(facts: StudentFacts, today: date, parameters: dict) -> RuleFinding | None:
    """R5 as of the day until which its source has told: a source that is late is no silence."""
    if facts.known_until is None or not facts.of(StudyDay):
        return None
    as_of = min(today, facts.known_until)
    return sign_rules.find_less_study(facts.of(StudyDay), as_of, breaks=facts.breaks, **parameters)


def _silence(facts: StudentFacts, today: date, parameters: dict) -> RuleFinding | None:
    """R8, but not of a student who does not want to be asked."""
    if not facts.asks or not facts.answered_on:
        return None
    return sign_rules.find_silence(
        facts.of(DayMark), today, answered_on=facts.answered_on, breaks=facts.breaks, **parameters
    )


def _absence_rises(facts: StudentFacts, today: date, parameters: dict) -> bool:
    """Whether R8 would look for answers."""
    own = {name: parameters[name] for name in ("days", "absences", "counts")}
    return bool(sign_rules.find_rising_absence(facts.of(DayMark), today, **own))


def _has_absences(facts: StudentFacts, parameters: dict) -> bool:
    return any(mark.mark in parameters["counts"] for mark in facts.of(DayMark))


RULE_KINDS: dict[str, RuleKind] = {
    "R1": RuleKind(CHECKINS, **_on(MoodAnswer, sign_rules.find_low_mood)),
    "R2": RuleKind(
        CHECKINS,
        **_on(MoodAnswer, sign_rules.find_fallen_mood, horizon=lambda found: found["recent_days"]),
    ),
    "R3": RuleKind(ATTENDANCE, **_on(DayMark, sign_rules.find_absences, "breaks")),
    "R4": RuleKind(NURSE_ROOM, **_on(NurseVisit, sign_rules.find_nurse_visits)),
    "R5": RuleKind(STUDY, _as_known, horizon=lambda found: sign_rules.A_WEEK),
    "R6": RuleKind(CHECKINS, **_on(TalkAnswer, sign_rules.find_wish_to_talk)),
    "R7": RuleKind(CASEWORK, **_on(RecordedEvent, sign_rules.find_events)),
    "R8": RuleKind(
        ATTENDANCE,
        _silence,
        also=CHECKINS,
        horizon=lambda found: found["days"],
        opens_again=_absence_rises,
        may_open_again=_has_absences,
    ),
    "R9": RuleKind(CHECKINS, **_on(WeeklyAnswer, sign_rules.find_low_weeks)),
    "R10": RuleKind(GRADES, **_on(TermGrade, sign_rules.find_fallen_grades)),
    "P1": RuleKind(CHECKINS, **_on(MoodAnswer, positive_rules.find_risen_mood), is_positive=True),
    "P2": RuleKind(
        ATTENDANCE, **_on(DayMark, positive_rules.find_return, "breaks"), is_positive=True
    ),
    "P3": RuleKind(
        CHECKINS, **_on(MoodAnswer, positive_rules.find_answers_again, "breaks"), is_positive=True
    ),
}
URGENT_CODES = ("R6", "R7")  # they speak at once: a wish to talk, an event
POSITIVE_CODES = tuple(code for code, kind in RULE_KINDS.items() if kind.is_positive)


def next_opening_day(
    code: str, facts: StudentFacts, today: date, parameters: dict, has_found: bool
) -> date | None:
    """The first day after today on which these facts, as they are, are opened again; None: never.

    That on which they meet the rule, unless it ``has_found`` them already; with ``opens_again``
    that on which those apply, found or not. For R5 the source is taken to go on telling.
    """
    kind = RULE_KINDS[code]
    if has_found and kind.opens_again is None or not kind.may_open_again(facts, parameters):
        return None
    for n in range(1, kind.horizon(parameters) + 1):
        later, until = timedelta(days=n), facts.known_until
        then = replace(facts, known_until=until + later) if until else facts
        if (kind.opens_again or kind.apply)(then, today + later, parameters):
            return today + later
    return None


def evidence_of(finding: RuleFinding) -> list[dict[str, Any]]:
    """The facts of a finding as they are kept in a sign."""
    return [{"on": fact.on.isoformat(), **fact.evidence} for fact in finding.facts]
