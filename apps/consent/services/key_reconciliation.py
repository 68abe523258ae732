"""Brings keys in line with what everybody has decided."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record, record_many
from apps.consent.effectiveness_rules import Effectiveness
from apps.consent.key_steps import KeyState, KeyStep, PendingEnd, next_step
from apps.consent.models import ConsentDecision, EndReason, Purpose
from apps.consent.services.certificates import EndedKey, write_certificates
from apps.consent.services.decision_context import load_decision_context
from apps.consent.services.effectiveness import (
    effective_purposes,
    effectiveness_by_purpose,
    latest_decision_sets,
    latest_decisions,
    pending_ends,
    terms_of,
    was_reworded,
)
from apps.consent.services.messages import (
    ANNOUNCED_AT_ONCE,
    end_reason_of,
    people_concerned,
    send_messages,
)
from apps.consent.services.telephone_stops import telephone_stops
from apps.consent.services.unconfirmed_pins import ended_since_pin_reset
from apps.core import clock
from apps.people.models import Municipality, Student
from apps.people.permissions import role_of
from apps.vault.models import KeyEnd, SubjectKey
from apps.vault.services.key_ends import sweep_shares
from apps.vault.services.key_pauses import lock_keys, pause_keys, resume_keys
from apps.vault.services.keys import destroy_keys_of, make_key
from apps.vault.services.rotation import recheck_damaged_keys, rewrap_keys
from apps.vault.services.share_store import is_store_unavailable, store_problem

BATCH_SIZE = 500
ENDED_BY_STUDENT = {"student_refused", "waiting_student", "waiting_both", "waiting_alone"}
ACTION_OF_STEP = {
    KeyStep.MAKE: Action.KEY_MADE,
    KeyStep.RESUME: Action.KEY_RESUMED,
    KeyStep.PAUSE: Action.KEY_PAUSED,
    KeyStep.DESTROY: Action.KEY_DESTROYED,
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeyChange:
    """What to do with one student's key of one purpose, and why."""

    purpose: str
    step: KeyStep
    key: KeyState | None
    destroy_after: datetime | None
    standing: Effectiveness
    ended: str | None  # EndReason, where the purpose has ended

    @property
    def is_new(self):
        """Whether it is more than another date on a key already paused: worth an audit event."""
        return self.step != KeyStep.PAUSE or self.key.paused_at is None


def reconcile_keys(
    heard, *, purposes=None, actor=None, role="system", receipt=None, final=(),
    audience=Audience.OPEN,
):  # fmt: skip
    """Bring the keys of a locked student (a DecisionContext) in line with all decisions.

    What ends is paused and destroyed a day later (apps.consent.key_steps); at once where it is one
    of ``final``: purposes that the author of this ``receipt`` has just ended. The people concerned
    except ``actor`` are told; what is destroyed gets a certificate. While the share store is away
    no key is made: a sweep makes it later. Returns the purposes whose key was made, paused, resumed
    or destroyed.
    """
    changes = due_key_changes(
        heard.terms,
        heard.student,
        heard.heard,
        heard.held,
        now=clock.now(),
        purposes=purposes,
        final=final,
        but_for_changes=heard.but_for_changes,
        stopped=heard.stopped,
    )
    if any(change.step == KeyStep.MAKE for change in changes) and store_problem() is not None:
        changes = [change for change in changes if change.step != KeyStep.MAKE]
    if changes:
        new = [(heard.student, change) for change in changes if change.is_new]
        _record(new, actor, role, audience)
        _announce(heard, changes, actor)
        _apply_changes(heard, changes, receipt, final)
    return [change.purpose for change in changes]


def replace_damaged_keys(heard, purposes, *, actor, role):
    """Give a purpose agreed to again a new key, where the one it has cannot be used.

    What the old key sealed stays, recorded as damaged; nobody withdrew anything. Not while the
    share store is away: then nobody knows whether the old key can be used.
    """
    if purposes and is_store_unavailable():
        return
    for purpose in purposes:
        held = heard.held.get(purpose)
        if held is not None and make_key(heard.student, purpose).pk != held.id:
            record(
                Action.KEY_MADE,
                actor=actor,
                role=role,
                municipality_id=heard.student.municipality_id,
                subject_id=heard.student.pk,
                purpose=purpose,
                reason="こわれた鍵のかわり",
            )


def due_key_changes(
    terms, student, decisions, held, *, now, purposes=None, final=(), but_for_changes=(), stopped=()
):  # fmt: skip
    """The KeyChanges due ``now`` for one student; ``held`` is {purpose: KeyState}.

    ``but_for_changes`` are the decisions had no guardian's standing changed: a key that rests on
    them waits and is not destroyed. ``stopped`` are the purposes that a guardian has stopped by
    telephone: not used until a second person confirms it.
    """
    found, held_back = (
        effectiveness_by_purpose(terms, student, decisions),
        pending_ends(terms, student, decisions),
    )
    held_back = dict.fromkeys(stopped, PendingEnd()) | held_back
    own = ended_since_pin_reset(student, decisions)
    rested = effective_purposes(terms, student, but_for_changes) if but_for_changes else ()
    changes = []
    for purpose in Purpose.values if purposes is None else purposes:
        standing, key = found[purpose], held.get(purpose)
        step, destroy_after = next_step(
            key,
            is_effective=standing.is_effective,
            is_final=purpose in final or _is_proved(student, key, purpose in own, standing),
            is_undecided=purpose in rested
            or (
                student.has_unconfirmed_pin and purpose in own and standing.why in ENDED_BY_STUDENT
            ),
            hold=held_back.get(purpose),
            now=now,
        )
        if step is not None:
            ended = None if standing.is_effective else _ended(terms, decisions, purpose, standing)
            changes.append(KeyChange(purpose, step, key, destroy_after, standing, ended))
    return changes


def _is_proved(student, key, is_own, standing):
    """Whether a key waited only for confirmation that the student was present."""
    waited = key is not None and key.paused_at is not None and key.destroy_after is None
    return (
        waited and is_own and not student.has_unconfirmed_pin and standing.why in ENDED_BY_STUDENT
    )


def reconcile_all_students():
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
        sweep_shares()
        rewrap_keys()
        recheck_damaged_keys()
    return n_changed


def _role(by, municipality_id):
    return role_of(by, Municipality.objects.get(pk=municipality_id))


def pause_ending_keys(municipality_id, *, by, purposes=None):
    """Pause, in the caller's transaction, every key that must not be used from now on.

    For a change that affects many: the caller has locked the policies, so that nobody decides
    meanwhile. The rest is left to ``reconcile_all_students``. Returns the (Student, KeyChange)s.
    """
    terms, paused, now = terms_of(municipality_id), [], clock.now()
    for batch in _batches(_students_with_decision_or_key(municipality_id)):
        for student, changes in _out_of_step(batch, terms, now, purposes):
            paused += [(student, change) for change in changes if change.step == KeyStep.PAUSE]
    for destroy_after in {change.destroy_after for _, change in paused}:
        keys = [c.key.id for _, c in paused if c.destroy_after == destroy_after]
        pause_keys(keys, destroy_after=destroy_after)
    _record([pair for pair in paused if pair[1].is_new], by, _role(by, municipality_id))
    _announce_to_many(paused, by)
    return paused


def affected_students(municipality_id, pairs):
    """Who would lose and who would gain a purpose: two dicts {purpose: {student ids}}.

    ``pairs`` are (Terms, Terms after the change), one for each day that is judged. What ends has
    a key now; what begins is effective by the second Terms of a pair and not by the first.
    """
    ending, beginning = {}, {}
    for batch in _batches(_students_with_decision_or_key(municipality_id)):
        latest, held = latest_decisions(batch), _keys_of(batch)
        for student in batch:
            said, mine = latest[student.pk], held.get(student.pk, {})
            for before, after in pairs:
                was, will = (effective_purposes(each, student, said) for each in (before, after))
                for purpose in (was - will) & mine.keys():
                    ending.setdefault(purpose, set()).add(student.pk)
                for purpose in will - was:
                    beginning.setdefault(purpose, set()).add(student.pk)
    return ending, beginning


def _apply_changes(heard, changes, receipt, final):
    """Make, pause, resume and destroy the keys; destroyed ones get a certificate."""
    doomed = {c.purpose: c for c in changes if c.step == KeyStep.DESTROY}
    lock_keys([change.key.id for change in changes if change.key is not None])
    for change in changes:
        if change.step == KeyStep.MAKE:
            make_key(heard.student, change.purpose)
        elif change.step == KeyStep.PAUSE:
            pause_keys([change.key.id], destroy_after=change.destroy_after)
        elif change.step == KeyStep.RESUME:
            resume_keys([change.key.id])
    write_certificates(
        (EndedKey(heard.student, purpose, c.key.id, c.ended) for purpose, c in doomed.items()),
        receipt=receipt,
    )
    ends = {purpose: change.key.id for purpose, change in doomed.items()}
    if not ends:
        return
    destroyed, replaced = _destroy(heard.student, ends, receipt, final)
    if destroyed != ends:
        raise RuntimeError("A key came or went while its student was locked.")
    write_certificates(
        (
            EndedKey(heard.student, purpose, key_id, doomed[purpose].ended)
            for purpose, key_id in replaced
        ),
        receipt=receipt,
    )


def _destroy(student, purposes, receipt, final):
    """Destroy keys, those that this receipt ended separately: other ends may be undone."""
    by_word = set(final) & set(purposes) if receipt is not None else set()
    found, replaced = {}, []
    if by_word:
        found, replaced = destroy_keys_of(student, by_word, ended_at=receipt.decided_at)
    if others := set(purposes) - by_word:
        more, also = destroy_keys_of(student, others, KeyEnd.CIRCUMSTANCES)
        found, replaced = found | more, [*replaced, *also]
    return found, replaced


def _ended(terms, decisions, purpose, standing):
    """The EndReason of a purpose that is not effective."""
    found = end_reason_of(standing.why)
    if found == EndReason.OTHER and was_reworded(terms, decisions, purpose):
        return EndReason.NEW_WORDS
    return found


def _record(pairs, actor, role, audience=Audience.OPEN):
    record_many(
        {
            "audience": audience,
            "action": ACTION_OF_STEP[change.step],
            "actor": actor,
            "role": role,
            "municipality_id": student.municipality_id,
            "subject_id": student.pk,
            "purpose": change.purpose,
        }
        for student, change in pairs
    )


def _is_announced(change):
    """Whether people are told now: what began, what is asked again, what has ended."""
    if change.step == KeyStep.PAUSE:
        return change.is_new and change.ended in ANNOUNCED_AT_ONCE
    if change.step == KeyStep.DESTROY:
        return change.key.paused_at is None or change.ended not in ANNOUNCED_AT_ONCE
    return change.step == KeyStep.MAKE


def _announce(heard, changes, actor):
    """One message for what began, and one for each reason for which something ended."""
    told = {}
    for change in changes:
        if _is_announced(change):
            told.setdefault(change.ended, []).append(change.purpose)
    for why, purposes in told.items():
        send_messages({heard.student: heard.users}, purposes, ended=why, but=actor)


def _announce_to_many(pairs, actor):
    told = {}
    for student, change in pairs:
        if _is_announced(change):
            told.setdefault((change.ended, change.purpose), []).append(student)
    for (why, purpose), students in told.items():
        send_messages(people_concerned(students), [purpose], ended=why, but=actor)


def _students_with_decision_or_key(municipality_id):
    """Students with a decision or a key: nobody else can be out of step."""
    decided = ConsentDecision.objects.filter(student=OuterRef("pk"))
    keyed = SubjectKey.objects.filter(student=OuterRef("pk"), purpose__in=Purpose.values)
    return Student.objects.filter(
        Q(Exists(decided)) | Q(Exists(keyed)), municipality=municipality_id
    ).order_by("pk")


def _batches(students):
    last = None
    while batch := list(
        students.filter(pk__gt=last)[:BATCH_SIZE] if last else students[:BATCH_SIZE]
    ):
        last = batch[-1].pk
        yield batch


def _out_of_step(students, terms, now, purposes=None):
    """(Student, KeyChanges) of the students for whom something is due."""
    (latest, but_for_changes), held = latest_decision_sets(students), _keys_of(students)
    stops = telephone_stops(student.pk for student in students)
    for student in students:
        changes = due_key_changes(
            terms, student, latest[student.pk], held.get(student.pk, {}),
            now=now, purposes=purposes, but_for_changes=but_for_changes[student.pk],
            stopped=stops.get(student.pk, ()),
        )  # fmt: skip
        if changes:
            yield student, changes


def _reconcile_one(student):
    try:
        with transaction.atomic():
            changed = reconcile_keys(load_decision_context([student])[student.pk])
    except Exception as error:  # one locked student must not keep all others waiting
        log.exception("student %s not settled: %s", student.pk, type(error).__name__)
        return 0
    log.info("settled student %s: %d keys", student.pk, len(changed))
    return len(changed)


def _keys_of(students):
    held = {}
    keys = SubjectKey.objects.filter(student__in=students, purpose__in=Purpose.values)
    rows = keys.values_list("student_id", "purpose", "pk", "paused_at", "destroy_after")
    for student_id, purpose, *key in rows:
        held.setdefault(student_id, {})[purpose] = KeyState(*key)
    return held
