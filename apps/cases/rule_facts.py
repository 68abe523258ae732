"""The facts that rules read, one kind a class, and what a rule finds in them. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

Days = Sequence[tuple[date, date]]  # [(first day, last day)], both included


class MoodAnswer(NamedTuple):
    """One answer about mood: its day, when it arrived (ISO), 4 good … 0 hard."""

    on: date
    at: str
    value: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"mood": self.value}


class TalkAnswer(NamedTuple):
    """One answer to だれかと話したいですか: 0 not now … 2 today, 3 at once."""

    on: date
    at: str
    value: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"talk": self.value}


class WeeklyAnswer(NamedTuple):
    """One item of the weekly questions: its day, when it arrived (ISO), the item, 4 … 0."""

    on: date
    at: str
    item: str
    value: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"weekly": [self.item, self.value]}


class DayMark(NamedTuple):
    """One day's mark in the attendance record (a code of C4th 取込形式 v1)."""

    on: date
    mark: str

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"mark": self.mark}


class NurseVisit(NamedTuple):
    """One visit to the nurse's room: its day, AM or PM, and the kind (codes of nurse_visit)."""

    on: date
    half: str
    kind: str

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"visit": [self.half, self.kind]}


class StudyDay(NamedTuple):
    """A day on which something was studied."""

    on: date


class StudyWeek(NamedTuple):
    """Seven days, named by the last of them: on how many something was studied."""

    on: date
    days: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"study": self.days}


class TermGrade(NamedTuple):
    """The grades of one subject and term: its first day, 5 … 1 (0: none) and the three aspects."""

    on: date
    term: str
    subject: str
    rating: int
    aspects: str  # of A, B and C


class GradeFall(NamedTuple):
    """A subject whose grade fell from one term to the next, by how many steps."""

    on: date
    subject: str
    steps: int

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"grade": [self.subject, self.steps]}


class RecordedEvent(NamedTuple):
    """An event that staff recorded: the day of recording, its time (ISO), the kind, its own day."""

    on: date
    at: str
    kind: str
    happened_on: date

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"event": [self.kind, self.happened_on.isoformat()]}


class QuietSpell(NamedTuple):
    """School days without an answer: the last of them, how many, and the last answer's day."""

    on: date
    days: int
    last_answer_on: date

    @property
    def evidence(self) -> dict[str, Any]:
        """What a sign keeps of it, beside its day."""
        return {"quiet": [self.days, self.last_answer_on.isoformat()]}


@dataclass(frozen=True)
class RuleFinding:
    """The facts that met a rule, oldest first.

    ``name`` identifies the finding where its newest fact does not: while days pass it stays.
    """

    facts: tuple
    name: str = ""

    @property
    def newest(self) -> str:
        """Identifies the finding: it is the same until a newer fact joins it."""
        last = self.facts[-1]
        return self.name or f"{last.on.isoformat()}|{getattr(last, 'at', '')}"


@dataclass(frozen=True)
class StudentFacts:
    """What is known of one student: {class of a fact: the facts}, and what no key seals.

    ``answered_on`` are the days of check-ins, ``asks``: the student wants to be asked;
    ``breaks`` are the school's days off; ``known_until`` is the last day of which a source has
    told (None: it has told of none).
    """

    by_kind: Mapping[type, Sequence[Any]]
    answered_on: Sequence[date] = ()
    asks: bool = True
    breaks: Days = ()
    known_until: date | None = None

    def of(self, kind: type) -> Sequence[Any]:
        """The facts of one class."""
        return self.by_kind.get(kind, ())


def within(facts: Iterable, today: date, days: int) -> list:
    """Those of the last ``days`` days, today included."""
    first = today - timedelta(days=days)
    return [fact for fact in facts if first < fact.on <= today]
