"""Opens the rows of many students once, for all rules of a purpose."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from apps.cases import rule_kinds
from apps.cases.models import Rule
from apps.cases.rule_facts import StudentFacts
from apps.cases.services.fact_readers import FACT_READERS, study_known_until
from apps.checkins.models import CheckIn, CheckInFrequency, ChosenFrequency
from apps.core.clock import today
from apps.people.models import SchoolBreak, Student
from apps.vault.data_keys import DataKey
from apps.vault.models import SubjectKey
from apps.vault.services.sealed_content import evaluate_columns

ANSWERS_WITHIN = 60  # days: who answered longer ago has stopped, not fallen silent


class RuleGroup(NamedTuple):
    """The active rules of a municipality that read one purpose."""

    municipality_id: UUID
    purpose: str
    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        """What the record of an evaluation names: codes and versions."""
        return " ".join(rule.code_and_version for rule in self.rules)[:60]

    @property
    def days(self) -> int:
        """The widest window of the rules."""
        return max(rule.parameters["days"] for rule in self.rules)

    @property
    def also(self) -> str:
        """The other purpose that a rule needs, or ""."""
        return next((rule.also for rule in self.rules if rule.also), "")


class ReadStudent(NamedTuple):
    """One student's facts, each with its row's id, and whether the other purpose may be read."""

    facts: StudentFacts
    pairs: list[tuple[Any, UUID]]
    also: bool

    def rows_of(self, facts: tuple) -> list[UUID]:
        """The rows of these facts; all rows where the facts are counted from many."""
        wanted = set(facts)
        return [row for fact, row in self.pairs if fact in wanted] or [row for _, row in self.pairs]


def read_facts(
    group: RuleGroup, students: list[Student], keys: dict[UUID, DataKey], days: int | None = None
) -> dict[UUID, ReadStudent]:
    """{student: ReadStudent} of those who have a key; their rows are opened, and that is recorded.

    ``keys`` are held by the caller's transaction. ``days``: another window than the rules'.
    """
    pairs = _opened(group, keys, days or group.days)
    answers = _answer_days(group, list(keys), max(ANSWERS_WITHIN, days or 0))
    asked_not = _resting(list(keys)) if answers else set()
    breaks, told = _breaks(students), _told(group, students)
    found = {}
    for student in students:
        if student.pk not in keys:
            continue
        by_kind = defaultdict(list)
        for fact, _ in pairs.get(student.pk, ()):
            by_kind[type(fact)].append(fact)
        facts = StudentFacts(
            by_kind, answers.get(student.pk, ()), student.pk not in asked_not,
            breaks.get(student.school_id, ()), told.get(student.school_id),
        )  # fmt: skip
        found[student.pk] = ReadStudent(
            facts, pairs.get(student.pk, []), not group.also or student.pk in answers
        )
    return found


def _opened(
    group: RuleGroup, keys: dict[UUID, DataKey], days: int
) -> dict[UUID, list[tuple[Any, UUID]]]:
    """{student: [(fact, its row's id)]}."""
    reader = FACT_READERS[group.purpose]
    found: dict[UUID, list[tuple[Any, UUID]]] = defaultdict(list)
    rows = reader.columns_of(group.purpose, list(keys), days)
    contents = evaluate_columns(
        reader.rows().model, rows, keys=keys, municipality_id=group.municipality_id,
        purpose=group.purpose, rule=group.name,
    )  # fmt: skip
    for row, value in zip(rows, contents, strict=True):
        if value:
            found[row.student_id].extend((fact, row.id) for fact in reader.facts_of(row, value))
    return found


def _answer_days(group: RuleGroup, ids: list[UUID], days: int) -> dict[UUID, list[date]]:
    """{student: days of check-ins} of those whose check-ins may be used; {} where no rule asks."""
    if group.also != rule_kinds.CHECKINS:
        return {}
    usable = SubjectKey.objects.in_use().filter(student__in=ids, purpose=rule_kinds.CHECKINS)
    found: dict[UUID, list[date]] = {pk: [] for pk in usable.values_list("student_id", flat=True)}
    since = today() - timedelta(days=days)
    rows = CheckIn.objects.filter(student__in=list(found), answered_on__gt=since)
    rows = rows.filter(key_id__in=usable.values("pk"))
    for student, on in rows.values_list("student_id", "answered_on"):
        found[student].append(on)
    return found


def _resting(ids: list[UUID]) -> set[UUID]:
    chosen = ChosenFrequency.objects.filter(student__in=ids, frequency=CheckInFrequency.REST)
    return set(chosen.values_list("student_id", flat=True))


def _breaks(students: list[Student]) -> dict[UUID, list[tuple[date, date]]]:
    found = defaultdict(list)
    schools = {student.school_id for student in students}
    for school, first, last in SchoolBreak.objects.filter(school__in=schools).values_list(
        "school_id", "begins_on", "ends_on"
    ):
        found[school].append((first, last))
    return found


def _told(group: RuleGroup, students: list[Student]) -> dict[UUID, date]:
    return study_known_until(students) if group.purpose == rule_kinds.STUDY else {}
