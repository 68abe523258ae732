"""Finds signs in new rows, renews them by newer facts, deletes them with consent or after 30 days."""

import logging
import time

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record, record_about
from apps.cases.models import (
    SIGN_LIFETIME,
    CaseState,
    Rule,
    RuleCheck,
    Sign,
    SignState,
    SupportCase,
)
from apps.cases.services.shipped_rules import RULE_READERS
from apps.consent.models import RowSource
from apps.consent.services import row_sweeps
from apps.core import clock, sweeps
from apps.people.models import Student
from apps.vault.models import SubjectKey
from apps.vault.services.keys import keys_for_writing
from apps.vault.services.sealed_content import evaluate_sealed
from apps.vault.services.share_store import is_store_unavailable

log = logging.getLogger(__name__)
UNWORKED_STATES = (CaseState.NEW, CaseState.LOOKING)
DELETE_TIME_S = 10.0
CHECK_TIME_S = 70.0  # seconds; a task may take 90
NOTE_RELATIONS = ("decisions", "plans", "referrals", "outcomes")


def update_signs():
    """Update signs and cases from what may be read now; how many signs were raised or renewed.

    Each student is one transaction that first locks the student, so two sweeps at once,
    a sweep and a withdrawal, or a killed worker are harmless. The next run continues where time
    ran out: checked students are not due any more.
    """
    _delete_unreadable()
    Sign.objects.open().filter(expires_at__lte=clock.now()).update(state=SignState.EXPIRED)
    n_found = _check_all(time.monotonic() + CHECK_TIME_S)
    for case in SupportCase.objects.filter(_idle(), state__in=UNWORKED_STATES):
        _close_if_idle(case)
    return n_found


def _check_all(until):
    n_found = 0
    if is_store_unavailable():  # nothing can be decrypted; the next run checks it
        return n_found
    for rule in Rule.objects.active().filter(code__in=RULE_READERS).order_by("code"):
        for student_id in _due(rule):
            if time.monotonic() >= until:
                return n_found
            n_found += _check_alone(rule, student_id)
    return n_found


# -- raising signs --------------------------------------------------------------------------------


def _seen(rule):
    """(student id, number of readable rows, when the newest arrived) for a rule."""
    rows = (
        RULE_READERS[rule.code]
        .rows()
        .filter(municipality=rule.municipality_id, purpose=rule.purpose)
        .readable()
    )
    return (
        rows.order_by("student_id")
        .values("student_id")
        .annotate(n=Count("pk"), newest=Max("received_at"))
    )


def _due(rule):
    """The students whose rows have changed since this rule last opened them."""
    known = {
        check.student_id: (check.rows_seen, check.newest_at)
        for check in RuleCheck.objects.filter(rule=rule)
    }
    return [
        row["student_id"]
        for row in _seen(rule)
        if known.get(row["student_id"]) != (row["n"], row["newest"])
    ]


def _check_alone(rule, student_id):
    """``_check``, with errors logged so that other students are still checked."""
    try:
        return _check(rule, student_id)
    except Exception as error:
        log.exception("rule %s, student %s: %s", rule.code, student_id, type(error).__name__)
        return False


@transaction.atomic
def _check(rule, student_id):
    """Open one student's rows for one rule; whether a sign was raised or renewed."""
    student = Student.objects.select_for_update(no_key=True).get(pk=student_id)
    key = keys_for_writing([student_id], rule.purpose).get(student_id)
    seen = _seen(rule).filter(student_id=student_id).first()
    if key is None or seen is None or not _mark_seen(rule, seen):
        return False
    reading = RULE_READERS[rule.code]
    rows = list(reading.rows_of(student, rule.parameters).filter(purpose=rule.purpose).readable())
    if not rows:
        return False
    values = evaluate_sealed(rows, rule=_rule_version(rule))
    finding = reading.find(rows, values, rule.parameters)
    if finding is None:
        return False
    items = [reading.evidence(fact) for fact in finding.facts]
    return _raise(rule, student, key, key.digest(finding.newest), items)


def _rule_version(rule):
    return f"{rule.code}/{rule.version}"


def _mark_seen(rule, seen):
    """Store what is opened now; False where another sweep has just opened the same."""
    marks = {"rows_seen": seen["n"], "newest_at": seen["newest"]}
    if RuleCheck.objects.filter(rule=rule, student_id=seen["student_id"], **marks).exists():
        return False
    RuleCheck.objects.update_or_create(rule=rule, student_id=seen["student_id"], defaults=marks)
    return True


def _raise(rule, student, key, fingerprint, items):
    """Create a sign, or renew this rule's open one. False for evidence already known."""
    known = Sign.objects.filter(student=student, rule=rule)
    if known.filter(fingerprint=fingerprint).exists():
        return False
    sign = known.open().readable().filter(case__in=SupportCase.objects.open()).first()
    sign = sign or Sign(
        municipality_id=student.municipality_id, rule=rule, case=_open_case_of(student)
    )
    sign.fingerprint, sign.expires_at = fingerprint, clock.now() + SIGN_LIFETIME
    key.seal(sign, {"items": items}).save()
    record(
        Action.SIGN_RAISED,
        municipality_id=student.municipality_id,
        subject_id=student.pk,
        thing=sign,
        purpose=rule.purpose,
        detail=_rule_version(rule),
        audience=Audience.PROTECTIVE,
    )
    return True


def _open_case_of(student):
    """The student's open case, created if needed (the student is locked)."""
    return SupportCase.objects.open().filter(student=student).first() or SupportCase.objects.create(
        municipality_id=student.municipality_id, school_id=student.school_id, student=student
    )


# -- deleting -------------------------------------------------------------------------------------


def _delete_unreadable():
    """Delete signs whose key was destroyed, and their RuleChecks."""
    keys = SubjectKey.objects.filter(student=OuterRef("student"), purpose=OuterRef("rule__purpose"))
    unopened = RuleCheck.objects.exclude(Exists(keys))
    sweeps.run_sweep(lambda: sweeps.delete_batch(unopened), seconds=DELETE_TIME_S)
    row_sweeps.sweep_rows(Sign, source=RowSource.CASES, audience=Audience.PROTECTIVE)


def _idle():
    """A Q for cases without signs and without notes."""
    signs = Sign.objects.open().with_key().filter(case=OuterRef("pk"))
    notes = [
        SupportCase._meta.get_field(name).related_model.objects.filter(case=OuterRef("pk"))
        for name in NOTE_RELATIONS
    ]
    idle = ~Exists(signs)
    for written in notes:
        idle &= ~Exists(written)
    return idle


@transaction.atomic
def _close_if_idle(case):
    Student.objects.select_for_update(no_key=True).get(pk=case.student_id)
    still = SupportCase.objects.filter(_idle(), pk=case.pk, state__in=UNWORKED_STATES)
    if still.select_for_update(of=["self"], no_key=True).first() is None:
        return
    case.state, case.closed_at = CaseState.CLOSED, clock.now()
    case.save(update_fields=["state", "closed_at"])
    record_about(case, Action.CASE_CLOSED, audience=Audience.PROTECTIVE)
