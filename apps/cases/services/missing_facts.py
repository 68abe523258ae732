"""Loads what is known of students' purposes, to say what the rules could not see."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Max

from apps.cases import rule_kinds
from apps.cases.missing_data import Missing, PurposeState, missing_data
from apps.cases.models import Rule
from apps.cases.rule_kinds import PURPOSES, RULE_KINDS
from apps.checkins.models import CheckIn
from apps.core import clock
from apps.linkage.fact_kinds import FACT_KINDS, KINDS_BY_SOURCE, source_purposes
from apps.linkage.models import DataSource
from apps.people.models import Student
from apps.vault.models import SubjectKey


def missing_for(student: Student, purposes: list[str] | None = None) -> list[Missing]:
    """What is missing of these purposes of a student (None: of those the city's rules read)."""
    if purposes is None:
        return missing_of([student])[student.pk]
    states = _Loaded([student], purposes).states(student, purposes)
    return missing_data(purposes, states, clock.now())


def missing_of(students: Iterable[Student]) -> dict[UUID, list[Missing]]:
    """{student: what the rules could not see} in as many statements as for one student."""
    students = list({student.pk: student for student in students}.values())
    if not students:
        return {}
    purposes, now = _purposes_read({student.municipality_id for student in students}), clock.now()
    loaded = _Loaded(students)
    return {
        student.pk: missing_data(
            purposes[student.municipality_id],
            loaded.states(student, purposes[student.municipality_id]),
            now,
        )
        for student in students
    }


def _purposes_read(municipalities: set[UUID]) -> dict[UUID, list[str]]:
    """{municipality: the purposes its active rules read, those of consent}."""
    active = Rule.objects.active().filter(municipality__in=municipalities)
    read: dict[UUID, set[str]] = {pk: set() for pk in municipalities}
    for pk, code in active.values_list("municipality_id", "code"):
        if code in RULE_KINDS:
            read[pk] |= {RULE_KINDS[code].purpose, RULE_KINDS[code].also}
    of_consent = [each for each in rule_kinds.PURPOSES if each != rule_kinds.CASEWORK]
    return {pk: [each for each in of_consent if each in read[pk]] for pk in municipalities}


class _Loaded:
    """The keys, sources and last answers of some students."""

    def __init__(self, students: list[Student], purposes: Iterable[str] = PURPOSES) -> None:
        ids = [student.pk for student in students]
        keys = SubjectKey.objects.filter(student__in=ids, purpose__in=list(purposes))
        self.paused = {(key.student_id, key.purpose): key.paused_at is not None for key in keys}
        answers = CheckIn.objects.filter(student__in=ids).readable_one_by_one().order_by()
        self.last_on = dict(answers.values_list("student_id").annotate(on=Max("answered_on")))
        self.sources = list(
            DataSource.objects.filter(
                municipality__in={student.municipality_id for student in students},
                is_on=True, kind__in=list(KINDS_BY_SOURCE),
            ).prefetch_related("freshness")
        )  # fmt: skip
        self.reads: dict[Any, dict[str, list[Any]]] = {}

    def states(self, student: Student, purposes: list[str]) -> dict[str, PurposeState]:
        sources = self._sources_of(student)
        return {
            purpose: PurposeState(
                (student.pk, purpose) in self.paused,
                self.paused.get((student.pk, purpose), False),
                None if purpose == rule_kinds.CHECKINS else tuple(sources.get(purpose, ())),
                self.last_on.get(student.pk),
            )
            for purpose in purposes
        }

    def _sources_of(self, student: Student) -> dict[str, list[Any]]:
        """{purpose: [(when last read, after how many hours it is late)]} of a school's sources.

        A source that has never brought anything of a purpose counts as never read for it.
        """
        place = student.municipality_id, student.school_id
        if place not in self.reads:
            found: dict[str, list[Any]] = {}
            for source in self.sources:
                if source.municipality_id == place[0] and source.school_id in (place[1], None):
                    _add_reads(found, source)
            self.reads[place] = found
        return self.reads[place]


def _add_reads(found: dict[str, list[Any]], source: DataSource) -> None:
    read = {row.kind: row.read_at for row in source.freshness.all()}
    brought = {FACT_KINDS[kind].purpose for kind in read if kind in FACT_KINDS}
    for purpose in source_purposes(source):
        at = max(read.values()) if purpose in brought else None
        found.setdefault(purpose, []).append((at, source.late_after_hours))
