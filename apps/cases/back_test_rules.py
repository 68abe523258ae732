"""How often a rule would have spoken in the past, and the counts that people may see. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from apps.cases.rule_facts import StudentFacts
from apps.cases.rule_kinds import RULE_KINDS
from apps.core.small_cells import hide_small_cells, hide_small_total
from apps.people.grades import GRADE_NAMES

LEAST_DAYS, MOST_DAYS = 30, 180
A_WEEK = 7


def would_speak(
    code: str, facts: StudentFacts, parameters: Mapping[str, Any], today: date, days: int
) -> bool:
    """Whether the rule would have spoken on one of the last ``days`` days, each seen as today.

    Of each day counts what had happened by then, whenever it arrived.
    """
    if not any(facts.by_kind.values()):
        return False
    apply = RULE_KINDS[code].apply
    for n in range(days):
        day = today - timedelta(days=n)
        known = facts.known_until
        then = replace(facts, known_until=min(known, day)) if known else facts
        if apply(then, day, dict(parameters)) is not None:
            return True
    return False


@dataclass
class BackTestCounts:
    """Counts of students, of some schools. ``classes`` is {class id: students}."""

    looked_at: int = 0  # students with data
    now: int = 0  # whom the version in use flags
    then: int = 0  # whom the draft flags
    known: int = 0  # of these, known to staff already
    readers: int = 0
    classes: Counter = field(default_factory=Counter)
    grades: Counter = field(default_factory=Counter)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "BackTestCounts":
        """From what ``stored`` gave."""
        found = {**stored}
        for name in ("classes", "grades"):
            found[name] = Counter(stored.get(name, {}))
        return cls(**found)

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "classes": dict(self.classes), "grades": dict(self.grades)}

    def add(self, other: "BackTestCounts") -> "BackTestCounts":
        """The counts of both."""
        both = {name: value + getattr(other, name) for name, value in vars(self).items()}
        return BackTestCounts(**both)


@dataclass(frozen=True)
class BackTestTable:
    """What people see: None is a hidden count. ``rows`` are (label, count) of grades and classes."""

    looked_at: int | None
    now: int | None
    then: int | None
    known: int | None
    new: int | None
    grades: list[tuple[str, int | None]]
    classes: list[tuple[str, int | None]]
    load: float | None  # students a week for one reader


def shown_counts(
    counts: BackTestCounts, days: int, class_names: Iterable[tuple[str, str]]
) -> BackTestTable:
    """The table of these counts, small ones hidden; ``class_names`` are (id, title) in order."""
    known, new = hide_small_cells([counts.known, counts.then - counts.known])
    then = hide_small_total([counts.known, counts.then - counts.known])
    now = hide_small_total([counts.now])
    if then is not None and now is not None and hide_small_total([abs(then - now)]) is None:
        now = None  # the difference would be a small group
    names = list(class_names)
    titles = [title for _, title in names]
    per_class = hide_small_cells([counts.classes.get(pk, 0) for pk, _ in names])
    grades = sorted(counts.grades)
    per_grade = hide_small_cells([counts.grades[grade] for grade in grades])
    week = counts.then / (days / A_WEEK)
    return BackTestTable(
        hide_small_total([counts.looked_at]), now, then, known, new,
        [(GRADE_NAMES.get(g, g), n) for g, n in zip(grades, per_grade, strict=True)], list(zip(titles, per_class, strict=True)),
        None if then is None or not counts.readers else round(week / counts.readers, 2),
    )  # fmt: skip
