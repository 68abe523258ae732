"""Brings the keys of all students of a municipality in line, or pauses them for a change of terms."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.consent.key_steps import KeyState, KeyStep
from apps.consent.models import ConsentDecision, Purpose
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.effectiveness import (
    Terms,
    effective_purposes,
    latest_decision_sets,
    latest_decisions,
    terms_of,
)
from apps.consent.services.key_changes import KeyChange, due_key_changes
from apps.consent.services.key_reconciliation import (
    is_announced,
    reconcile_keys,
    record_key_changes,
)
from apps.consent.services.messages import send_messages
from apps.consent.services.telephone_stops import telephone_stops
from apps.core import clock
from apps.people.models import Municipality, Student, User
from apps.people.permissions import role_of
from apps.vault.models import SubjectKey
from apps.vault.services.key_ends import sweep_shares
from apps.vault.services.key_pauses import pause_keys
from apps.vault.services.rotation import recheck_damaged_keys, rewrap_keys
from apps.vault.services.share_store import store_problem

BATCH_SIZE = 500
SHARE_PARTS = 12  # a run every five minutes: the whole store of shares in an hour


log = logging.getLogger(__name__)


def reconcile_all_students() -> int:
    """Reconcile every student whose keys are out of step; the number of keys that changed.

    Decisions reconcile their keys at once. This is for what changes without one: a student leaves
    the roster or returns, a guardianship ends, the term begins or ends, a policy changes, the day
    of a paused key is over. Each student is one transaction, so a killed worker loses nothing and
    the next run continues. Each run also removes shares of destroyed keys and rewraps some keys of
    older ring keys.
    """
    n_changed = 0
    for municipality_id in Municipality.objects.values_list("pk", flat=True):
        for batch in _batches(_students_with_decision_or_key(municipality_id)):
            for student, _ in _out_of_step(batch, terms_of(municipality_id), clock.now()):
                n_changed += _reconcile_one(student)
    if store_problem() is None:
        sweep_shares(_hour_part(), SHARE_PARTS)
        rewrap_keys()
        recheck_damaged_keys()
    return n_changed


def _hour_part() -> int:
    """Which twelfth of the hour it is."""
    return clock.now().minute * SHARE_PARTS // 60


def _role(by: User, municipality_id: UUID) -> str:
    return role_of(by, Municipality.objects.get(pk=municipality_id))


def pause_ending_keys(
    municipality_id: UUID, *, by: User, purposes: Iterable[str] | None = None
) -> list[tuple[Student, KeyChange]]:
    """Pause, in the caller's transaction, every key that must not be used from now on.

    For a change that affects many: the caller has locked the policies, so that nobody decides
    meanwhile. The rest is left to ``reconcile_all_students``. Returns the (Student, KeyChange)s.
    """
    terms, now = terms_of(municipality_id), clock.now()
    paused: list[tuple[Student, KeyChange]] = []
    for batch in _batches(_students_with_decision_or_key(municipality_id)):
        for student, changes in _out_of_step(batch, terms, now, purposes):
            paused += [(student, change) for change in changes if change.step == KeyStep.PAUSE]
    for destroy_after in {change.destroy_after for _, change in paused}:
        keys = [c.key.id for _, c in paused if c.key and c.destroy_after == destroy_after]
        pause_keys(keys, destroy_after=destroy_after)
    record_key_changes([pair for pair in paused if pair[1].is_new], by, _role(by, municipality_id))
    _announce_to_many(paused, by)
    return paused


def affected_students(
    municipality_id: UUID, pairs: Sequence[tuple[Terms, Terms]]
) -> tuple[dict[str, set[UUID]], dict[str, set[UUID]]]:
    """Who would lose and who would gain a purpose: two dicts {purpose: {student ids}}.

    ``pairs`` are (Terms, Terms after the change), one for each day that is judged. What ends has
    a key now; what begins is effective by the second Terms of a pair and not by the first.
    """
    ending: dict[str, set[UUID]] = {}
    beginning: dict[str, set[UUID]] = {}
    for batch in _batches(_students_with_decision_or_key(municipality_id)):
        latest, keys_of = latest_decisions(batch), keys_by_student(batch)
        for student in batch:
            decisions, own = latest[student.pk], keys_of.get(student.pk, {})
            for before, after in pairs:
                was, will = (
                    effective_purposes(each, student, decisions) for each in (before, after)
                )
                for purpose in (was - will) & own.keys():
                    ending.setdefault(purpose, set()).add(student.pk)
                for purpose in will - was:
                    beginning.setdefault(purpose, set()).add(student.pk)
    return ending, beginning


def _announce_to_many(pairs: Iterable[tuple[Student, KeyChange]], actor: User) -> None:
    announced: dict[tuple[str | None, str], list[Student]] = {}
    for student, change in pairs:
        if is_announced(change):
            announced.setdefault((change.ended, change.purpose), []).append(student)
    for (why, purpose), students in announced.items():
        send_messages(students, [purpose], ended=why, but=actor)


def _students_with_decision_or_key(municipality_id: UUID) -> QuerySet[Student]:
    """Students with a decision or a key: nobody else can be out of step."""
    decided = ConsentDecision.objects.filter(student=OuterRef("pk"))
    keyed = SubjectKey.objects.filter(student=OuterRef("pk"), purpose__in=Purpose.values)
    return Student.objects.filter(
        Q(Exists(decided)) | Q(Exists(keyed)), municipality=municipality_id
    ).order_by("pk")


def _batches(students: QuerySet[Student]) -> Iterator[list[Student]]:
    last = None
    while batch := list(
        students.filter(pk__gt=last)[:BATCH_SIZE] if last else students[:BATCH_SIZE]
    ):
        last = batch[-1].pk
        yield batch


def _out_of_step(
    students: Sequence[Student], terms: Terms, now: datetime, purposes: Iterable[str] | None = None
) -> Iterator[tuple[Student, list[KeyChange]]]:
    """(Student, KeyChanges) of the students for whom something is due."""
    sets_of, keys_of = latest_decision_sets(students), keys_by_student(students)
    stops = telephone_stops(student.pk for student in students)
    for student in students:
        sets = sets_of[student.pk]
        changes = due_key_changes(
            terms, student, sets.decisions, keys_of.get(student.pk, {}), now=now, purposes=purposes,
            without_standing_changes=sets.without_standing_changes, with_lone_yes=sets.with_lone_yes,
            stopped=stops.get(student.pk, ()),
        )  # fmt: skip
        if changes:
            yield student, changes


def _reconcile_one(student: Student) -> int:
    try:
        with transaction.atomic():
            changed = reconcile_keys(load_decision_context([student])[student.pk])
    except Exception as error:  # one locked student must not keep all others waiting
        log.exception("student %s not reconciled: %s", student.pk, type(error).__name__)
        return 0
    log.info("reconciled student %s: %d keys", student.pk, len(changed))
    return len(changed)


def keys_by_student(students: Iterable[Student]) -> dict[UUID, dict[str, KeyState]]:
    """{student id: {purpose: KeyState}} of the students' keys of consent."""
    keys_of: dict[UUID, dict[str, KeyState]] = {}
    keys = SubjectKey.objects.filter(student__in=students, purpose__in=Purpose.values)
    rows = keys.values_list("student_id", "purpose", "pk", "paused_at", "destroy_after")
    for student_id, purpose, *key in rows:
        keys_of.setdefault(student_id, {})[purpose] = KeyState(*key)
    return keys_of
