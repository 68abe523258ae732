"""Escalation: who is called at which step, and when. Pure: no Django, no clock.

A help request nobody has opened goes through the table below, counted in duty minutes since it was
sent; a night or holiday adds none. After the last row everybody is called again whenever duty hours
begin, so that no request is ever forgotten.
"""

from dataclasses import dataclass

from apps.helpline import duty_hours

FIRST, SECOND, LAST, ALL = "first", "second", "last", "all"

# step -> the contacts of the roster that are called
ROLES_BY_STEP = {
    FIRST: ("chosen", "first"),
    SECOND: ("second",),
    LAST: ("last",),
    ALL: ("chosen", "first", "second", "last"),
}
STEP_KINDS = tuple(ROLES_BY_STEP)


class NobodyToCall(Exception):
    """Nobody at the school can be called."""


@dataclass(frozen=True)
class EscalationWaits:
    """Duty minutes since sending after which the second, the last and all are called."""

    second: int
    last: int
    all: int

    def __post_init__(self):
        if not 0 < self.second < self.last < self.all:
            raise ValueError("each wait must be longer than the one before")

    def of(self, number):
        """The duty minutes before step ``number`` (1 to 4)."""
        return (0, self.second, self.last, self.all)[number - 1]


@dataclass(frozen=True)
class DutyContacts:
    """The contacts of a roster (ids or None), and who can be called today."""

    first: object
    second: object
    last: object
    able: frozenset
    chosen: object = None


def step_kind(number):
    """What step ``number`` (from 1) is: first, second, last, then all, again and again."""
    return STEP_KINDS[min(number, len(STEP_KINDS)) - 1]


def step_due_at(number, sent_at, waits, week, after=None):
    """When step ``number`` of what was sent at ``sent_at`` is due; never before ``after``.

    ``after`` is when the step before was done. Raises NoDutyHours.
    """
    if number > len(STEP_KINDS):
        return duty_hours.next_duty_opening(after or sent_at, week)
    due = duty_hours.after_duty_minutes(sent_at, waits.of(number), week)
    return due if after is None or due >= after else duty_hours.after_duty_minutes(after, 0, week)


def people_to_call(kind, places):
    """The ids to call at this step, each once, in order; never empty.

    Where none of its people can be called, the last responder is; where that one cannot either,
    everybody who can. Raises NobodyToCall.
    """
    for names in (ROLES_BY_STEP[kind], ROLES_BY_STEP[LAST]):
        found = [getattr(places, name) for name in names]
        found = list(dict.fromkeys(one for one in found if one in places.able))
        if found:
            return found
    if not places.able:
        raise NobodyToCall
    return sorted(places.able, key=str)
