"""Loads what is known of a student's purposes, to say what the rules could not see."""

from datetime import date
from typing import Any

from django.db.models import Max, Q

from apps.cases import rule_kinds
from apps.cases.missing_data import Missing, PurposeState, missing_data
from apps.cases.models import Rule
from apps.cases.rule_kinds import RULE_KINDS
from apps.checkins.models import CheckIn
from apps.core import clock
from apps.linkage.fact_kinds import FACT_KINDS, KINDS_BY_SOURCE, source_purposes
from apps.linkage.models import DataSource
from apps.people.models import Student
from apps.vault.models import SubjectKey


def missing_for(student: Student) -> list[Missing]:
    """What the active rules of the student's city could not see of this student."""
    codes = Rule.objects.active().filter(municipality=student.municipality_id)
    kinds = [
        RULE_KINDS[code] for code in codes.values_list("code", flat=True) if code in RULE_KINDS
    ]
    read = {purpose for kind in kinds for purpose in (kind.purpose, kind.also)}
    purposes = [
        purpose
        for purpose in rule_kinds.PURPOSES
        if purpose in read and purpose != rule_kinds.CASEWORK
    ]
    return missing_data(purposes, _states(student, purposes), clock.now())


def _states(student: Student, purposes: list[str]) -> dict[str, PurposeState]:
    keys = SubjectKey.objects.filter(student=student, purpose__in=purposes)
    paused = {key.purpose: key.paused_at is not None for key in keys}
    sources, last_on = _sources(student), _last_answer(student)
    return {
        purpose: PurposeState(
            purpose in paused,
            paused.get(purpose, False),
            None if purpose == rule_kinds.CHECKINS else tuple(sources.get(purpose, ())),
            last_on,
        )
        for purpose in purposes
    }


def _sources(student: Student) -> dict[str, list[Any]]:
    """{purpose: [(when last read, after how many hours it is late)]} of the student's sources.

    A source that has never brought anything of a purpose counts as never read for it.
    """
    here = Q(school=student.school_id) | Q(school=None)
    rows = DataSource.objects.filter(
        here, municipality=student.municipality_id, is_on=True, kind__in=list(KINDS_BY_SOURCE)
    ).prefetch_related("freshness")
    found: dict[str, list[Any]] = {}
    for source in rows:
        read = {row.kind: row.read_at for row in source.freshness.all()}
        brought = {FACT_KINDS[kind].purpose for kind in read if kind in FACT_KINDS}
        for purpose in source_purposes(source):
            at = max(read.values()) if purpose in brought else None
            found.setdefault(purpose, []).append((at, source.late_after_hours))
    return found


def _last_answer(student: Student) -> date | None:
    rows = CheckIn.objects.filter(student=student).readable_one_by_one()
    return rows.aggregate(on=Max("answered_on"))["on"]
