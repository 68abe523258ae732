"""What happens to the key of one (student, purpose). Pure: no Django, no clock.

An end brought about by somebody who may decide is immediate and final. Every other end pauses the
key first and waits a day: its cause may have been a mistake.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from apps.people.act_types import GRACE_PERIOD


class KeyState(NamedTuple):
    """A key that exists: in use, or paused (since when, destroyed from when; None: open)."""

    id: UUID
    paused_at: datetime | None = None
    destroy_after: datetime | None = None


class KeyStep(StrEnum):
    """What to do with a key."""

    MAKE = "make"
    RESUME = "resume"
    PAUSE = "pause"
    DESTROY = "destroy"


@dataclass(frozen=True)
class PendingEnd:
    """A change that would end the purpose is waiting; ``due_at`` is None until it is confirmed."""

    due_at: datetime | None = None


def next_step(key, *, is_effective, is_final, hold, now, is_undecided=False):
    """(KeyStep or None, destroy_after of a PAUSE) for a KeyState (None where there is no key).

    ``is_final``: somebody who may decide has just ended it. ``hold`` is the PendingEnd of a change
    that waits, or None. ``is_undecided``: nobody's answer ended it: the student did, with a PIN
    that staff reset and nobody has confirmed since, or only a change of a guardian's standing did.
    It then waits without a date.
    """
    if is_effective:
        return _while_effective(key, hold)
    if key is None:
        return None, None
    if is_undecided and not is_final:
        return (
            (None, None) if key.paused_at and key.destroy_after is None else (KeyStep.PAUSE, None)
        )
    if is_final or (key.destroy_after is not None and key.destroy_after <= now):
        return KeyStep.DESTROY, None
    if key.destroy_after is None:
        return KeyStep.PAUSE, now + GRACE_PERIOD
    return None, None


def _while_effective(key, hold):
    if hold is None:
        if key is None:
            return KeyStep.MAKE, None
        return (KeyStep.RESUME if key.paused_at else None), None
    if key is None or (key.paused_at and key.destroy_after == hold.due_at):
        return None, None
    return KeyStep.PAUSE, hold.due_at
