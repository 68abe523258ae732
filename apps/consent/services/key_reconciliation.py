"""Brings keys in line with what everybody has decided."""

from apps.audit.models import Action, Audience, EventReason
from apps.audit.services.audit_events import record, record_many
from apps.consent.key_steps import KeyStep
from apps.consent.services.certificates import (
    UNEXPLAINED_ENDS,
    EndedKey,
    write_certificates,
)
from apps.consent.services.key_changes import due_key_changes
from apps.consent.services.messages import (
    ANNOUNCED_AT_ONCE,
    send_messages,
)
from apps.core import clock
from apps.vault.models import KeyEnd
from apps.vault.services.key_pauses import lock_keys, pause_keys, resume_keys
from apps.vault.services.keys import destroy_keys_of, make_key
from apps.vault.services.share_store import is_store_unavailable, store_problem

ACTION_OF_STEP = {
    KeyStep.MAKE: Action.KEY_MADE,
    KeyStep.RESUME: Action.KEY_RESUMED,
    KeyStep.PAUSE: Action.KEY_PAUSED,
    KeyStep.DESTROY: Action.KEY_DESTROYED,
}


def reconcile_keys(
    context, *, purposes=None, actor=None, role="system", receipt=None, final=(),
    audience=Audience.OPEN, batch=None,
):  # fmt: skip
    """Bring the keys of a locked student (a DecisionContext) in line with all decisions.

    What ends is paused and destroyed a day later (apps.consent.key_steps); at once where it is one
    of ``final``: purposes that the author of this ``receipt`` has just ended. The student is told
    unless they are the ``actor``; what is destroyed gets a certificate. While the share store is away
    no key is made: a sweep makes it later. Returns the purposes whose key was made, paused, resumed
    or destroyed.
    """
    changes = due_key_changes(
        context.terms,
        context.student,
        context.valid_decisions,
        context.keys,
        now=clock.now(),
        purposes=purposes,
        final=final,
        without_standing_changes=context.without_standing_changes,
        with_lone_yes=context.with_lone_yes,
        stopped=context.telephone_stops,
    )
    if any(change.step == KeyStep.MAKE for change in changes) and store_problem() is not None:
        changes = [change for change in changes if change.step != KeyStep.MAKE]
    if changes:
        hidden = [change for change in changes if _is_hidden(context, change, receipt)]
        open_ones = [change for change in changes if change not in hidden]
        of_hidden = Audience.PROTECTIVE if audience == Audience.OPEN else audience
        for part, seen_by in ((open_ones, audience), (hidden, of_hidden)):
            new = [(context.student, change) for change in part if change.is_new]
            record_key_changes(new, actor, role, seen_by, batch)
            _announce(context.student, part, actor, batch)
        _apply_changes(context, changes, receipt, final, batch)
    return [change.purpose for change in changes]


def replace_damaged_keys(context, purposes, *, actor, role, audience=Audience.OPEN):
    """Give a purpose agreed to again a new key, where the one it has cannot be used.

    What the old key sealed stays, recorded as damaged; nobody withdrew anything. Not while the
    share store is away: then nobody knows whether the old key can be used.
    """
    if purposes and is_store_unavailable():
        return
    for purpose in purposes:
        held = context.keys.get(purpose)
        if held is not None and make_key(context.student, purpose).pk != held.id:
            record(
                Action.KEY_MADE,
                actor=actor,
                role=role,
                municipality_id=context.student.municipality_id,
                subject_id=context.student.pk,
                purpose=purpose,
                reason_code=EventReason.KEY_DAMAGED,
                audience=audience,
            )


def _is_hidden(context, change, receipt):
    """Whether the family's record would tell of a hidden guardian by this change.

    By the hidden guardian's own answer, or by nobody's where an answer of theirs may explain it.
    """
    if receipt is not None:
        return context.is_hidden(receipt.guardian_id)
    if change.ended is None:
        return context.hidden_answers.get(change.purpose, False)
    return change.purpose in context.hidden_answers and change.ended in UNEXPLAINED_ENDS


def _apply_changes(context, changes, receipt, final, batch):
    """Make, pause, resume and destroy the keys; destroyed ones get a certificate."""
    to_destroy = {c.purpose: c for c in changes if c.step == KeyStep.DESTROY}
    lock_keys([change.key.id for change in changes if change.key is not None])
    for change in changes:
        if change.step == KeyStep.MAKE:
            make_key(context.student, change.purpose)
        elif change.step == KeyStep.PAUSE:
            pause_keys([change.key.id], destroy_after=change.destroy_after)
        elif change.step == KeyStep.RESUME:
            resume_keys([change.key.id])
    write_certificates(
        (
            EndedKey(context.student, purpose, c.key.id, c.ended)
            for purpose, c in to_destroy.items()
        ),
        receipt=receipt,
        batch=batch,
    )
    ends = {purpose: change.key.id for purpose, change in to_destroy.items()}
    if not ends:
        return
    destroyed, replaced = _destroy(context.student, ends, receipt, final, batch)
    if destroyed != ends:
        raise RuntimeError("A key came or went while its student was locked.")
    write_certificates(
        (
            EndedKey(context.student, purpose, key_id, to_destroy[purpose].ended)
            for purpose, key_id in replaced
        ),
        receipt=receipt,
        batch=batch,
    )


def _destroy(student, purposes, receipt, final, batch):
    """Destroy keys, those that this receipt ended separately: other ends may be undone."""
    by_word = set(final) & set(purposes) if receipt is not None else set()
    found, replaced = {}, []
    if by_word:
        found, replaced = destroy_keys_of(
            student, by_word, ended_at=receipt.decided_at, batch=batch
        )
    if others := set(purposes) - by_word:
        more, also = destroy_keys_of(student, others, KeyEnd.CIRCUMSTANCES, batch=batch)
        found, replaced = found | more, [*replaced, *also]
    return found, replaced


def record_key_changes(pairs, actor, role, audience=Audience.OPEN, batch=None):
    events = (
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
    record_many(events, batch)


def is_announced(change):
    """Whether the student is told now: what began, what is asked again, what has ended."""
    if change.step == KeyStep.PAUSE:
        return change.is_new and change.ended in ANNOUNCED_AT_ONCE
    if change.step == KeyStep.DESTROY:
        return change.key.paused_at is None or change.ended not in ANNOUNCED_AT_ONCE
    return change.step == KeyStep.MAKE


def _announce(student, changes, actor, batch):
    """One message for what began, and one for each reason for which something ended."""
    announced = {}
    for change in changes:
        if is_announced(change):
            announced.setdefault(change.ended, []).append(change.purpose)
    for why, purposes in announced.items():
        send_messages([student], purposes, ended=why, but=actor, batch=batch)
