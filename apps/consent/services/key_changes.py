"""Which keys are due to be made, paused, resumed or destroyed, and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from apps.consent.effectiveness_rules import Effectiveness, EffectivenessReason
from apps.consent.joint_custody import without_marks
from apps.consent.key_steps import KeyState, KeyStep, PendingEnd, next_step
from apps.consent.models import ConsentDecision, EndReason, Purpose
from apps.consent.services.effectiveness import (
    Terms,
    effective_purposes,
    effectiveness_by_purpose,
    pending_ends,
    was_reworded,
)
from apps.consent.services.messages import end_reason_of
from apps.consent.services.unconfirmed_pins import ended_since_pin_reset
from apps.people.models import Student

ENDED_BY_STUDENT = {
    EffectivenessReason.STUDENT_REFUSED,
    EffectivenessReason.WAITING_STUDENT,
    EffectivenessReason.WAITING_BOTH,
    EffectivenessReason.WAITING_ALONE,
}


@dataclass(frozen=True)
class KeyChange:
    """What to do with one student's key of one purpose, and why."""

    purpose: str
    step: KeyStep
    key: KeyState | None
    destroy_after: datetime | None
    effectiveness: Effectiveness
    ended: str | None  # EndReason, where the purpose has ended

    @property
    def is_new(self) -> bool:
        """Whether it is more than another date on a key already paused: worth an audit event."""
        is_paused = self.key is not None and self.key.paused_at is not None
        return self.step != KeyStep.PAUSE or not is_paused


def due_key_changes(
    terms: Terms,
    student: Student,
    decisions: Sequence[ConsentDecision],
    keys: Mapping[str, KeyState],
    *,
    now: datetime,
    purposes: Iterable[str] | None = None,
    final: Collection[str] = (),
    without_standing_changes: Sequence[ConsentDecision] = (),
    with_lone_yes: Sequence[ConsentDecision] = (),
    stopped: Iterable[str] = (),
) -> list[KeyChange]:
    """The KeyChanges due ``now`` for one student; ``keys`` is {purpose: KeyState}.

    ``without_standing_changes`` are the decisions had no guardian's standing changed: a key that rests on
    them waits and is not destroyed, nor is one on ``with_lone_yes``, those with what a hidden
    guardian alone agreed to. ``stopped`` are the purposes that a guardian has stopped by
    telephone: not used until a second person confirms it. Where all guardians must agree and one
    has not answered, the key waits for that answer.
    """
    found, held_back = (
        effectiveness_by_purpose(terms, student, decisions),
        pending_ends(terms, student, decisions),
    )
    held_back = dict.fromkeys(stopped, PendingEnd()) | held_back
    own = ended_since_pin_reset(student, decisions)
    rested = {
        purpose
        for rests_on in (without_standing_changes, with_lone_yes, without_marks(decisions))
        if rests_on
        for purpose in effective_purposes(terms, student, rests_on)
    }
    changes = []
    for purpose in Purpose.values if purposes is None else purposes:
        effectiveness, key = found[purpose], keys.get(purpose)
        step, destroy_after = next_step(
            key,
            is_effective=effectiveness.is_effective,
            is_final=purpose in final or _is_proved(student, key, purpose in own, effectiveness),
            is_undecided=purpose in rested
            or (
                student.has_unconfirmed_pin
                and purpose in own
                and effectiveness.why in ENDED_BY_STUDENT
            ),
            hold=held_back.get(purpose),
            now=now,
        )
        if step is not None:
            ended = (
                None
                if effectiveness.is_effective
                else _ended(terms, decisions, purpose, effectiveness)
            )
            changes.append(KeyChange(purpose, step, key, destroy_after, effectiveness, ended))
    return changes


def _is_proved(
    student: Student, key: KeyState | None, is_own: bool, effectiveness: Effectiveness
) -> bool:
    """Whether a key waited only for confirmation that the student was present."""
    waited = key is not None and key.paused_at is not None and key.destroy_after is None
    return (
        waited
        and is_own
        and not student.has_unconfirmed_pin
        and effectiveness.why in ENDED_BY_STUDENT
    )


def _ended(
    terms: Terms, decisions: Sequence[ConsentDecision], purpose: str, effectiveness: Effectiveness
) -> str:
    """The EndReason of a purpose that is not effective."""
    found = end_reason_of(effectiveness.why)
    if found == EndReason.OTHER and was_reworded(terms, decisions, purpose):
        return EndReason.NEW_WORDS
    return found
