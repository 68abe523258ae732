"""Keys brought in step with what everybody has decided."""

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.audit.models import Action
from apps.audit.services import record, record_many
from apps.consent.models import ConsentDecision, Purpose
from apps.consent.services.deleting import Ended, certify
from apps.consent.services.hearing import hear
from apps.consent.services.standings import latest_decisions, standings, terms_of
from apps.consent.services.telling import ended_by, tell
from apps.people.models import Municipality, Student
from apps.vault.models import SubjectKey
from apps.vault.services import (
    destroy_keys_of,
    look_again,
    make_key,
    rewrap_some,
    sweep_shares,
)

BATCH = 500
log = logging.getLogger(__name__)


def settle(heard, *, purposes=None, actor=None, role="system", receipt=None):
    """Bring the keys of a locked student (a Hearing) in step with what everybody has decided.

    Who is concerned and did not bring it about (``actor``) is told; what ends gets its
    certificate. Returns the purposes whose key was made or destroyed.
    """
    found = standings(heard.terms, heard.student, heard.heard)
    changed = {
        purpose: found[purpose]
        for purpose in (Purpose.values if purposes is None else purposes)
        if found[purpose].is_effective != (purpose in heard.held)
    }
    if changed:
        _record(heard.student, changed, actor, role)
        _tell(heard, changed, actor)
        _turn(heard, changed, receipt)
    return list(changed)


def replace_damaged(heard, purposes, *, actor, role):
    """Give a purpose agreed to once more another key, where the one it has cannot be used.

    What the old one sealed stays, recorded as damaged; nobody took anything back.
    """
    for purpose in purposes:
        held = heard.held.get(purpose)
        if held is not None and make_key(heard.student, purpose).pk != held:
            record(
                Action.KEY_MADE,
                actor=actor,
                role=role,
                municipality_id=heard.student.municipality_id,
                subject_id=heard.student.pk,
                purpose=purpose,
                reason="こわれた鍵のかわり",
            )


def settle_all():
    """Settle every student whose keys are out of step; the number of keys made or destroyed.

    Decisions settle themselves at once. This is for what changes without one: a student leaves
    the roster, a guardianship ends, the term begins or ends, a policy changes. Each student is
    one transaction, so a killed worker loses nothing and the next run goes on. Shares of keys
    that are gone are removed, keys of an older ring wrapped anew, some with every run.
    """
    n_changed = 0
    for municipality_id in Municipality.objects.values_list("pk", flat=True):
        for batch in _batches(_concerned(municipality_id)):
            for student in _out_of_step(batch, terms_of(municipality_id)):
                n_changed += _settle_one(student)
    sweep_shares()
    rewrap_some()
    look_again()
    return n_changed


def _turn(heard, changed, receipt):
    """Make and destroy the keys of {purpose: Standing}; what ends is certified."""
    ends = {
        purpose: heard.held[purpose]
        for purpose, standing in changed.items()
        if not standing.is_effective
    }
    for purpose in changed.keys() - ends:
        make_key(heard.student, purpose)
    certify(
        (
            Ended(heard.student, purpose, key_id, ended_by(changed[purpose].why))
            for purpose, key_id in ends.items()
        ),
        receipt=receipt,
    )
    if not ends:
        return
    destroyed, replaced = destroy_keys_of(heard.student, ends)
    if destroyed != ends:
        raise RuntimeError("A key came or went while its student was locked.")
    certify(
        (
            Ended(heard.student, purpose, key_id, ended_by(changed[purpose].why))
            for purpose, key_id in replaced
        ),
        receipt=receipt,
    )


def _record(student, changed, actor, role):
    record_many(
        {
            "action": Action.KEY_MADE if standing.is_effective else Action.KEY_DESTROYED,
            "actor": actor,
            "role": role,
            "municipality_id": student.municipality_id,
            "subject_id": student.pk,
            "purpose": purpose,
        }
        for purpose, standing in changed.items()
    )


def _tell(heard, changed, actor):
    """One message for what began, and one for each reason for which something ended."""
    ends = {}
    for purpose, standing in changed.items():
        why = None if standing.is_effective else ended_by(standing.why)
        ends.setdefault(why, []).append(purpose)
    for why, purposes in ends.items():
        tell({heard.student: heard.users}, purposes, ended=why, but=actor)


def _concerned(municipality_id):
    """Students with a decision or a key: nobody else can be out of step."""
    decided = ConsentDecision.objects.filter(student=OuterRef("pk"))
    keyed = SubjectKey.objects.filter(student=OuterRef("pk"), purpose__in=Purpose.values)
    return Student.objects.filter(
        Q(Exists(decided)) | Q(Exists(keyed)), municipality=municipality_id
    ).order_by("pk")


def _batches(students):
    last = None
    while batch := list(students.filter(pk__gt=last)[:BATCH] if last else students[:BATCH]):
        last = batch[-1].pk
        yield batch


def _out_of_step(students, terms):
    latest, held = latest_decisions(students), _held(students)
    for student in students:
        found = standings(terms, student, latest[student.pk])
        due = {purpose for purpose, standing in found.items() if standing.is_effective}
        if due != held.get(student.pk, set()):
            yield student


def _settle_one(student):
    try:
        with transaction.atomic():
            changed = settle(hear([student])[student.pk])
    except Exception as error:  # one student's row must not keep all others waiting
        log.exception("student %s not settled: %s", student.pk, type(error).__name__)
        return 0
    log.info("settled student %s: %d keys", student.pk, len(changed))
    return len(changed)


def _held(students):
    held = {}
    keys = SubjectKey.objects.filter(student__in=students, purpose__in=Purpose.values)
    for student_id, purpose in keys.values_list("student_id", "purpose"):
        held.setdefault(student_id, set()).add(purpose)
    return held
