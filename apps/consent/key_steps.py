"""What happens to the key of one (student, purpose). Pure: no Django, no clock.

An ending that somebody with a say brought about themselves is immediate and final. Every other
ending pauses the key first and waits a day: whatever caused it may have been a slip.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from apps.people.act_types import GRACE_PERIOD


class KeyState(NamedTuple):
    """A key there is: in use, or paused since then and to be destroyed from then (None: open)."""

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
    """A change that would end the purpose waits; ``due_at`` is None until it was confirmed."""

    due_at: datetime | None = None


def next_step(key, *, is_effective, is_final, hold, now, is_undecided=False):
    """(Step or None, destroy_after of a PAUSE) for a Key (None where there is none).

    ``is_final``: somebody with a say has just ended it. ``hold`` is the Hold of a change that
    waits, or None. ``is_undecided``: it ends by nobody's word: the student has ended it with a card
    that staff renewed and nobody has confirmed that the student was there, or nothing but a
    guardian's being kept out or let in again has ended it. It waits without a day.
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
