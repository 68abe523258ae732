"""Raises the signs that rules found, or renews the open ones: many students at once."""

from typing import Any, NamedTuple
from uuid import UUID

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.cases.models import SIGN_LIFETIME, Rule, Sign, SupportCase
from apps.cases.rule_facts import RuleFinding
from apps.cases.rule_kinds import RULE_KINDS, URGENT_CODES, evidence_of
from apps.cases.services.evidence_sources import sources_of
from apps.cases.services.fact_readers import FACT_READERS
from apps.core import clock
from apps.people.models import Student
from apps.vault.data_keys import DataKey


class Found(NamedTuple):
    """What a rule found in a student's rows, and in which of them (their ids)."""

    rule: Rule
    student: Student
    key: DataKey
    finding: RuleFinding
    rows: list[UUID]

    @property
    def place(self) -> tuple[UUID, str]:
        """One sign of a rule is open at a time, whatever the rule's version."""
        return self.student.pk, self.rule.code


def raise_signs(found: list[Found]) -> int:
    """Raise a sign for each finding, or renew the rule's open one; how many.

    All of one purpose. The students are locked, and their keys. Evidence that is known already raises nothing; a good
    sign is raised beside an open case only.
    """
    found = _without_known(found)
    cases = _open_cases(found)
    found = [one for one in found if one.student.pk in cases]
    if not found:
        return 0
    renewed, sources = _open_signs(found), sources_of(_rows(found))
    signs = [
        _sealed(one, renewed.get(one.place), cases[one.student.pk], origin)
        for one, origin in zip(found, sources, strict=True)
    ]
    old = {sign.pk for sign in renewed.values()}
    Sign.objects.bulk_create(sign for sign in signs if sign.pk not in old)
    _note_news(signs)
    Sign.objects.bulk_update(
        [sign for sign in signs if sign.pk in old],
        ["fingerprint", "expires_at", "sealed", "key_id", "rule"],
    )
    record_many(_event(sign) for sign in signs)
    return len(signs)


def _rows(found: list[Found]) -> list[list[Any]]:
    """For each finding its rows, as far as they are still there."""
    ids = {pk for one in found for pk in one.rows}
    whole = FACT_READERS[found[0].rule.purpose].rows().in_bulk(ids)
    return [[whole[pk] for pk in one.rows if pk in whole] for one in found]


def _of(found: list[Found]) -> Any:
    """The signs of these rules, in whatever version, and these students."""
    codes = {one.rule.code for one in found}
    return Sign.objects.filter(rule__code__in=codes, student__in={one.student.pk for one in found})


def _without_known(found: list[Found]) -> list[Found]:
    """The findings whose evidence (the newest fact) was not found before."""
    if not found:
        return []
    names = _of(found).values_list("student_id", "rule__code", "fingerprint")
    known = {(pk, code, bytes(name)) for pk, code, name in names}
    return [one for one in found if (*one.place, one.key.digest(one.finding.newest)) not in known]


def _open_signs(found: list[Found]) -> dict[tuple[UUID, str], Sign]:
    """{(student, code): the rule's open sign} in their open cases."""
    signs = _of(found).open().readable().select_related("rule").order_by("raised_at")
    signs = signs.filter(case__in=SupportCase.objects.open())
    return {(sign.student_id, sign.rule.code): sign for sign in signs}


def _open_cases(found: list[Found]) -> dict[UUID, SupportCase]:
    """{student: the open case}, made where there is none and a rule found a reason to look."""
    if not found:
        return {}
    students = {one.student.pk: one.student for one in found}
    of_these = SupportCase.objects.open().filter(student__in=students)
    cases = {case.student_id: case for case in of_these}
    to_look = {one.student.pk for one in found if not RULE_KINDS[one.rule.code].is_positive}
    new = [
        SupportCase(
            municipality_id=students[pk].municipality_id, school_id=students[pk].school_id,
            student=students[pk],
        )
        for pk in sorted(to_look - cases.keys())
    ]  # fmt: skip
    return cases | {case.student_id: case for case in SupportCase.objects.bulk_create(new)}


def _sealed(found: Found, sign: Sign | None, case: SupportCase, sources: list) -> Sign:
    """The open sign with newer evidence, or (``sign`` is None) a new one; not yet saved."""
    sign = sign or Sign(municipality_id=case.municipality_id, case=case)
    sign.rule = found.rule
    sign.fingerprint = found.key.digest(found.finding.newest)
    sign.expires_at = clock.now() + SIGN_LIFETIME
    return found.key.seal(sign, {"items": evidence_of(found.finding), "sources": sources})


def _note_news(signs: list[Sign]) -> None:
    """Let the cases stand where their newest reason to look puts them."""
    reasons = [sign for sign in signs if not sign.is_positive]
    cases = SupportCase.objects.filter(pk__in={sign.case_id for sign in reasons})
    cases.update(news_at=clock.now())
    urgent = {sign.case_id for sign in reasons if sign.rule.code in URGENT_CODES}
    if urgent:
        SupportCase.objects.filter(pk__in=urgent).update(is_urgent=True)


def _event(sign: Sign) -> dict[str, Any]:
    return {
        "action": Action.SIGN_RAISED,
        "municipality_id": sign.municipality_id,
        "subject_id": sign.student_id,
        "thing": sign,
        "purpose": sign.rule.purpose,
        "detail": sign.rule.code_and_version,
        "audience": Audience.PROTECTIVE,
    }
