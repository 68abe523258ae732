"""Raises the signs that a rule found, or renews the open ones: many students at once."""

from typing import Any
from uuid import UUID

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record_many
from apps.cases.models import SIGN_LIFETIME, Rule, Sign, SupportCase
from apps.cases.services.shipped_rules import RULE_READERS
from apps.cases.sign_rules import RuleFinding
from apps.core import clock
from apps.people.models import Student
from apps.vault.data_keys import DataKey

Found = tuple[Student, DataKey, RuleFinding]  # what a rule found in a student's rows


def raise_signs(rule: Rule, found: list[Found]) -> int:
    """Raise a sign for each finding, or renew the rule's open one; how many.

    The students are locked, and their keys. Evidence that is known already raises nothing.
    """
    found = _without_known(rule, found)
    if not found:
        return 0
    students = [student for student, _, _ in found]
    cases, renewed = _open_cases(students), _open_signs(rule, students)
    signs = [
        _sealed(rule, renewed.get(student.pk), cases[student.pk], key, finding)
        for student, key, finding in found
    ]
    old = {sign.pk for sign in renewed.values()}
    Sign.objects.bulk_create(sign for sign in signs if sign.pk not in old)
    Sign.objects.bulk_update(
        [sign for sign in signs if sign.pk in old],
        ["fingerprint", "expires_at", "sealed", "key_id"],
    )
    record_many(_event(rule, sign) for sign in signs)
    return len(signs)


def _without_known(rule: Rule, found: list[Found]) -> list[Found]:
    """The findings whose evidence (the newest fact) was not found before."""
    of_rule = Sign.objects.filter(rule=rule, student__in=[student for student, _, _ in found])
    known = {(pk, bytes(name)) for pk, name in of_rule.values_list("student_id", "fingerprint")}
    return [
        (student, key, finding)
        for student, key, finding in found
        if (student.pk, key.digest(finding.newest)) not in known
    ]


def _open_signs(rule: Rule, students: list[Student]) -> dict[UUID, Sign]:
    """{student: the rule's open sign} in their open cases."""
    signs = Sign.objects.open().readable().filter(rule=rule, student__in=students)
    signs = signs.filter(case__in=SupportCase.objects.open()).order_by("raised_at")
    return {sign.student_id: sign for sign in signs}


def _open_cases(students: list[Student]) -> dict[UUID, SupportCase]:
    """{student: the open case}, made where there is none."""
    of_these = SupportCase.objects.open().filter(student__in=students)
    cases = {case.student_id: case for case in of_these}
    new = [
        SupportCase(
            municipality_id=student.municipality_id, school_id=student.school_id, student=student
        )
        for student in students
        if student.pk not in cases
    ]
    return cases | {case.student_id: case for case in SupportCase.objects.bulk_create(new)}


def _sealed(
    rule: Rule, sign: Sign | None, case: SupportCase, key: DataKey, finding: RuleFinding
) -> Sign:
    """The open sign with newer evidence, or (``sign`` is None) a new one; not yet saved."""
    sign = sign or Sign(municipality_id=case.municipality_id, rule=rule, case=case)
    sign.fingerprint = key.digest(finding.newest)
    sign.expires_at = clock.now() + SIGN_LIFETIME
    evidence = RULE_READERS[rule.code].evidence
    return key.seal(sign, {"items": [evidence(fact) for fact in finding.facts]})


def _event(rule: Rule, sign: Sign) -> dict[str, Any]:
    return {
        "action": Action.SIGN_RAISED,
        "municipality_id": sign.municipality_id,
        "subject_id": sign.student_id,
        "thing": sign,
        "purpose": rule.purpose,
        "detail": rule.code_and_version,
        "audience": Audience.PROTECTIVE,
    }
