"""Keys brought in step with what everybody has decided."""

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.audit.models import Action
from apps.audit.services import record
from apps.consent.models import ConsentDecision, Purpose
from apps.consent.services.deleting import certify
from apps.consent.services.standings import (
    held_terms,
    latest_decisions,
    standings,
    terms_of,
)
from apps.consent.services.telling import ended_by, tell
from apps.people.models import Municipality, Student
from apps.vault.models import SubjectKey
from apps.vault.services import destroy_key, make_key, rewrap_some, sweep_shares

BATCH = 500
log = logging.getLogger(__name__)


def settle(student, *, terms, purposes=None, actor=None, role="system", receipt=None):
    """Bring the keys of a (locked) student in step with what everybody has decided.

    Call inside a transaction, with its ``held_terms``. Who is concerned and did not bring it about (``actor``) is told;
    what ends gets its certificate. Returns the purposes whose key was made or destroyed.
    """
    found = standings(terms, student, latest_decisions([student])[student.pk])
    held = _held([student]).get(student.pk, set())
    changed = [
        purpose
        for purpose in (Purpose.values if purposes is None else purposes)
        if found[purpose].is_effective != (purpose in held)
    ]
    for purpose in changed:
        _turn(student, purpose, found[purpose], actor, role, receipt)
    _tell(student, {purpose: found[purpose] for purpose in changed}, actor)
    return changed


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
            for student_id in _out_of_step(batch, terms_of(municipality_id)):
                n_changed += _settle_one(student_id)
    sweep_shares()
    rewrap_some()
    return n_changed


def _turn(student, purpose, standing, actor, role, receipt):
    if standing.is_effective:
        make_key(student, purpose)
    else:
        key_id = destroy_key(student, purpose)
        why = ended_by(standing.why)
        certify([(student, purpose, key_id)], ended_by=why, receipt=receipt)
    record(
        Action.KEY_MADE if standing.is_effective else Action.KEY_DESTROYED,
        actor=actor,
        role=role,
        municipality_id=student.municipality_id,
        subject_id=student.pk,
        purpose=purpose,
    )


def _tell(student, changed, actor):
    """One message for what began, and one for each reason for which something ended."""
    ends = {}
    for purpose, standing in changed.items():
        why = None if standing.is_effective else ended_by(standing.why)
        ends.setdefault(why, []).append(purpose)
    for why, purposes in ends.items():
        tell([student], purposes, ended=why, but=actor)


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
            yield student.pk


def _settle_one(student_id):
    with transaction.atomic():
        student = Student.objects.select_for_update(no_key=True).get(pk=student_id)
        changed = settle(student, terms=held_terms(student.municipality_id))
    log.info("settled student %s: %d keys", student_id, len(changed))
    return len(changed)


def _held(students):
    held = {}
    keys = SubjectKey.objects.filter(student__in=students, purpose__in=Purpose.values)
    for student_id, purpose in keys.values_list("student_id", "purpose"):
        held.setdefault(student_id, set()).add(purpose)
    return held
