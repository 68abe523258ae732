"""Opens the rows of the students with news for a rule, within the rule's window, many at once."""

import logging
import time
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from apps.cases.models import Rule, RuleCheck
from apps.cases.row_arrivals import COMMITTED_WITHIN, SeenRows, has_news, rows_seen
from apps.cases.services.shipped_rules import RULE_READERS, window_start
from apps.cases.services.sign_raising import raise_signs
from apps.cases.sign_rules import RuleFinding
from apps.core import clock
from apps.core.batches import in_batches
from apps.people.models import Student
from apps.vault.models import SubjectKey
from apps.vault.services.keys import keys_for_writing
from apps.vault.services.sealed_content import evaluate_sealed
from apps.vault.shares import StoreUnavailable

log = logging.getLogger(__name__)
STUDENTS_AT_ONCE = 100  # in one transaction: so long a withdrawal of theirs may wait
LOOK_BACK = 2 * COMMITTED_WITHIN  # before the last sweep: rows that were not committed then


def check_rule(rule: Rule, until: float) -> tuple[int, bool]:
    """Check the students of whom something is new; (signs raised or renewed, whether all were).

    Stops at ``until`` (of time.monotonic): those who were checked are not due in the next run.
    Raises StoreUnavailable.
    """
    began, since, n_found = clock.now(), _since(rule), 0
    for ids in in_batches(sorted(_due(rule, since)), STUDENTS_AT_ONCE):
        if time.monotonic() >= until:
            return n_found, False
        n_found += _check_batch(rule, ids, since)
    Rule.objects.filter(pk=rule.pk).update(swept_at=began)
    return n_found, True


def _since(rule: Rule) -> datetime:
    """Rows that arrived before this are older than the window, or have been looked at."""
    begins = window_start(rule.parameters)
    return begins if rule.swept_at is None else max(begins, rule.swept_at - LOOK_BACK)


def _due(
    rule: Rule, since: datetime, students: Collection[UUID] | None = None
) -> dict[UUID, SeenRows]:
    """{student: what is there now} of the students (ids; None: all) whose rows the rule must open.

    Those with a row that arrived since and was not there at the last check; and those whose rows
    could not be opened then and can be now.
    """
    arrived = _arrivals(rule, since, students)
    checks = RuleCheck.objects.filter(rule=rule)
    if students is not None:
        checks = checks.filter(student__in=students)
    seen = {check.student_id: check.seen for check in checks.filter(student__in=list(arrived))}
    in_use = SubjectKey.objects.in_use().filter(purpose=rule.purpose, student=OuterRef("student"))
    due = {check.student_id: check.seen for check in checks.filter(Exists(in_use), is_waiting=True)}
    for student, times in arrived.items():
        if student in due or has_news(times, seen.get(student)):
            due[student] = rows_seen(times)
    return due


def _arrivals(
    rule: Rule, since: datetime, students: Collection[UUID] | None
) -> dict[UUID, dict[datetime, int]]:
    """{student: {time: number of rows}} of the rows with a key that arrived since."""
    rows = RULE_READERS[rule.code].rows().with_key()
    rows = rows.filter(
        municipality=rule.municipality_id, purpose=rule.purpose, received_at__gt=since
    )
    if students is not None:
        rows = rows.filter(student__in=students)
    times = rows.order_by().values_list("student_id", "received_at").annotate(n=Count("pk"))
    found: dict[UUID, dict[datetime, int]] = {}
    for student, at, n in times:
        found.setdefault(student, {})[at] = n
    return found


def _check_batch(rule: Rule, ids: tuple[UUID, ...], since: datetime) -> int:
    """Check these students in one transaction; where that fails, each in its own."""
    try:
        return _check(rule, ids, since)
    except StoreUnavailable:
        raise
    except Exception as error:
        if len(ids) > 1:
            return sum(_check_batch(rule, (student_id,), since) for student_id in ids)
        log.exception("rule %s, student %s: %s", rule.code, ids[0], type(error).__name__)
        _put_off(rule, ids[0], since)
        return 0


@transaction.atomic
def _check(rule: Rule, ids: tuple[UUID, ...], since: datetime) -> int:
    """Open these students' rows for one rule; how many signs were raised or renewed.

    The students are locked first: of two sweeps the second finds nothing new any more.
    """
    locked = Student.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    students = {student.pk: student for student in locked}
    due = _due(rule, since, set(students))
    keys = keys_for_writing(due, rule.purpose)
    _note_seen(rule, due, waiting=due.keys() - keys.keys())
    reading = RULE_READERS[rule.code]
    rows = reading.rows_of(list(keys), rule.parameters).filter(purpose=rule.purpose).readable()
    found = _find(rule, reading, list(rows))
    return raise_signs(rule, [(students[pk], keys[pk], finding) for pk, finding in found.items()])


def _note_seen(rule: Rule, due: dict[UUID, SeenRows], waiting: Collection[UUID]) -> None:
    """Note what is opened now, or (``waiting``) could not be opened."""
    RuleCheck.objects.bulk_create(
        (
            RuleCheck(
                rule=rule, student_id=student, newest_at=seen.newest_at, rows_seen=seen.n,
                is_waiting=student in waiting,
            )
            for student, seen in due.items()
        ),
        update_conflicts=True,
        unique_fields=["rule", "student"],
        update_fields=["newest_at", "rows_seen", "is_waiting"],
    )  # fmt: skip


def _put_off(rule: Rule, student_id: UUID, since: datetime) -> None:
    """A student whose check failed is checked again in the next run, and the others before."""
    due = _due(rule, since, {student_id})
    _note_seen(rule, due, waiting=due.keys())


def _find(rule: Rule, reading: Any, rows: list[Any]) -> dict[UUID, RuleFinding]:
    """{student: RuleFinding} in these rows of many students."""
    by_student: dict[UUID, tuple[list, list]] = {}
    for row, value in zip(rows, evaluate_sealed(rows, rule=rule.code_and_version), strict=True):
        of_student = by_student.setdefault(row.student_id, ([], []))
        of_student[0].append(row)
        of_student[1].append(value)
    found = {
        student: reading.find(*opened, rule.parameters) for student, opened in by_student.items()
    }
    return {student: finding for student, finding in found.items() if finding is not None}
