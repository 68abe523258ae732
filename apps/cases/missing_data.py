"""What the rules could not see of a student, as missing: neither good nor bad. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class MissingKind(StrEnum):
    """Why data of a purpose is not there."""

    NOT_AGREED = "not_agreed"
    PAUSED = "paused"
    NO_SOURCE = "no_source"
    NEVER_READ = "never_read"
    LATE = "late"
    NO_ANSWERS = "no_answers"


class PurposeState(NamedTuple):
    """What is known of one purpose for one student.

    ``has_key``: it is effective; ``is_paused``: it opens nothing now. ``sources``: (when last read
    or None, after how many hours it is late) of each source that brings it; None: of our own.
    ``last_on``: the day of the newest row of our own.
    """

    has_key: bool
    is_paused: bool
    sources: tuple[tuple[datetime | None, int], ...] | None
    last_on: date | None = None


class Missing(NamedTuple):
    """One purpose whose data is missing, why, and since when (None: not known)."""

    purpose: str
    kind: MissingKind
    since: datetime | None = None


def missing_data(
    purposes: Iterable[str], states: Mapping[str, PurposeState], now: datetime
) -> list[Missing]:
    """What is missing of these purposes, in their order."""
    found = ((purpose, _missing(states[purpose], now)) for purpose in purposes)
    return [Missing(purpose, *why) for purpose, why in found if why is not None]


def _missing(state, now):
    if not state.has_key:
        return (MissingKind.NOT_AGREED,)
    if state.is_paused:
        return (MissingKind.PAUSED,)
    if state.sources is None:
        return None if state.last_on is not None else (MissingKind.NO_ANSWERS,)
    if not state.sources:
        return (MissingKind.NO_SOURCE,)
    read = [(at, hours) for at, hours in state.sources if at is not None]
    if not read:
        return (MissingKind.NEVER_READ,)
    if any(at + timedelta(hours=hours) >= now for at, hours in read):
        return None
    return MissingKind.LATE, max(at for at, _ in read)
