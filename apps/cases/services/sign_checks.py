"""Applies the rules of a purpose to the students of whom something is new, many at once."""

import logging
import time
from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.cases.models import Rule, RuleCheck
from apps.cases.row_arrivals import COMMITTED_WITHIN, SeenRows
from apps.cases.rule_kinds import RULE_KINDS, next_opening_day
from apps.cases.services.arrivals import NOTE_CHECKS, students_with_news
from apps.cases.services.fact_readers import FACT_READERS, window_start
from apps.cases.services.sign_raising import Found, raise_signs
from apps.cases.services.student_facts import ReadStudent, RuleGroup, read_facts
from apps.core import clock
from apps.core.batches import in_batches
from apps.core.sql_batches import fetch_prepared
from apps.people.models import Student
from apps.vault.data_keys import DataKey
from apps.vault.models import SubjectKey
from apps.vault.services.keys import keys_for_writing
from apps.vault.shares import StoreUnavailable

log = logging.getLogger(__name__)
STUDENTS_AT_ONCE = 200  # in one transaction: so long a withdrawal of theirs may wait
LOOK_BACK = 2 * COMMITTED_WITHIN  # before the last sweep: rows that were not committed then


def rule_groups() -> list[RuleGroup]:
    """The active rules, those of one municipality and purpose together."""
    groups: dict[tuple[UUID, str], list[Rule]] = {}
    for rule in Rule.objects.active().filter(code__in=RULE_KINDS).order_by("code"):
        groups.setdefault((rule.municipality_id, rule.purpose), []).append(rule)
    return [RuleGroup(*place, tuple(rules)) for place, rules in groups.items()]


def check_group(group: RuleGroup, until: float) -> tuple[int, bool]:
    """Check the students of whom something is new; (signs raised or renewed, whether all were).

    Stops at ``until`` (of time.monotonic): those who were checked are not due in the next run. It
    stops too where a rule of the group has ended meanwhile. Raises StoreUnavailable.
    """
    began, since, n_found, is_whole = clock.now(), _since(group), 0, True
    for ids in in_batches(sorted(_due(group, since)), STUDENTS_AT_ONCE):
        if time.monotonic() >= until or not _is_in_use(group):
            return n_found, False
        n_now, n_held = _check_batch(group, ids, since)
        n_found, is_whole = n_found + n_now, is_whole and not n_held
    if is_whole:  # else another worker has some of them, or a withdrawal: the next run looks again
        Rule.objects.filter(pk__in=_ids(group)).update(swept_at=began)
    return n_found, is_whole


def _ids(group: RuleGroup) -> list[UUID]:
    return [rule.pk for rule in group.rules]


def _is_in_use(group: RuleGroup) -> bool:
    return Rule.objects.active().filter(pk__in=_ids(group)).count() == len(group.rules)


def _since(group: RuleGroup) -> datetime:
    """Rows that arrived before this are older than the window, or have been looked at."""
    begins = window_start(group.days)
    swept = [rule.swept_at for rule in group.rules]
    if None in swept:
        return begins
    return max(begins, min(at for at in swept if at is not None) - LOOK_BACK)


def _due(
    group: RuleGroup, since: datetime, students: Collection[UUID] | None = None
) -> dict[UUID, SeenRows]:
    """{student: what is there now} of the students (ids; None: all) whose rows must be opened.

    Those with a row that arrived since and was not there at the last check, or was not seen by
    these rules; those whose rows could not be opened then and can be now; and those of whom a rule
    may speak because days have passed.
    """
    checks = RuleCheck.objects.filter(municipality=group.municipality_id, purpose=group.purpose)
    if students is not None:
        checks = checks.filter(student__in=students)
    in_use = SubjectKey.objects.in_use().filter(purpose=group.purpose, student=OuterRef("student"))
    again = Q(is_waiting=True) | Q(next_on__lte=clock.today())
    due = {check.student_id: check.seen for check in checks.filter(again).filter(Exists(in_use))}
    rows = FACT_READERS[group.purpose].rows()
    rows = rows.with_key().filter(municipality=group.municipality_id, purpose=group.purpose)
    rows = rows.filter(received_at__gt=since)
    if students is not None:
        rows = rows.filter(student__in=students)
    return due | students_with_news(rows, group.purpose, group.name, list(due))


def _check_batch(group: RuleGroup, ids: tuple[UUID, ...], since: datetime) -> tuple[int, int]:
    """Check these students in one transaction; where that fails, each in its own.

    (signs raised or renewed, students whom another transaction holds).
    """
    try:
        return _check(group, ids, since)
    except StoreUnavailable:
        raise
    except Exception as error:
        if len(ids) > 1:
            each = [_check_batch(group, (student_id,), since) for student_id in ids]
            return sum(n for n, _ in each), sum(n for _, n in each)
        log.exception("rules %s, student %s: %s", group.name, ids[0], type(error).__name__)
        _put_off(group, ids[0], since)
        return 0, 0


@transaction.atomic
def _check(group: RuleGroup, ids: tuple[UUID, ...], since: datetime) -> tuple[int, int]:
    """Open these students' rows once for all rules; the same as ``_check_batch``.

    The students are locked first: of two sweeps the second goes on with others, and finds nothing
    new about those whom the first has done.
    """
    found_here = Student.objects.filter(pk__in=ids).order_by("pk")
    locked = found_here.select_for_update(no_key=True, skip_locked=True)
    students = {student.pk: student for student in locked}
    if not students:  # another worker has them all
        return 0, len(ids)
    due = _due(group, since, set(students))
    keys = keys_for_writing(due, group.purpose)
    read = read_facts(group, [students[pk] for pk in keys], keys)
    found, next_days = _apply(group, students, keys, read)
    _note_seen(group, due, waiting=due.keys() - keys.keys(), next_days=next_days)
    return raise_signs(found), len(ids) - len(students)


def _apply(
    group: RuleGroup, students: dict[UUID, Student], keys: dict[UUID, DataKey],
    read: dict[UUID, ReadStudent],
) -> tuple[list[Found], dict[UUID, date]]:  # fmt: skip
    """(what the rules find, {student: the first day on which to look again})."""
    found, next_days, day = [], {}, clock.today()
    for pk, one in read.items():
        later = []
        for rule in group.rules:
            finding = None
            if one.also or not rule.also:
                finding = RULE_KINDS[rule.code].apply(one.facts, day, rule.parameters)
            if finding is not None:
                rows = one.rows_of(finding.facts)
                found.append(Found(rule, students[pk], keys[pk], finding, rows))
            has_found = finding is not None
            if on := next_opening_day(rule.code, one.facts, day, rule.parameters, has_found):
                later.append(on)
        if later:
            next_days[pk] = min(later)
    return found, next_days


def _note_seen(
    group: RuleGroup, due: dict[UUID, SeenRows], waiting: Collection[UUID],
    next_days: dict[UUID, date] | None = None,
) -> None:  # fmt: skip
    """Note what is opened now, or (``waiting``) could not be opened, and when to look again."""
    days = next_days or {}
    if due:
        fetch_prepared(
            NOTE_CHECKS,
            {
                "city": group.municipality_id, "purpose": group.purpose, "rules": group.name,
                "students": list(due), "newest": [seen.newest_at for seen in due.values()],
                "rows_seen": [seen.n for seen in due.values()],
                "waiting": [student in waiting for student in due],
                "next_on": [days.get(student) for student in due],
            },
        )  # fmt: skip


def _put_off(group: RuleGroup, student_id: UUID, since: datetime) -> None:
    """A student whose check failed is checked again in the next run, and the others before."""
    due = _due(group, since, {student_id})
    _note_seen(group, due, waiting=due.keys())
