"""Escalation: who is called at which step, and when. Pure: no Django, no clock.

A help request nobody has opened goes through the table below, counted in duty minutes since it was
sent; a night or holiday adds none. After the last row everybody is called again whenever duty hours
begin, so that no request is ever forgotten.
"""

from dataclasses import dataclass

from apps.helpline import duty_hours

FIRST, SECOND, LAST, ALL = "first", "second", "last", "all"

# step -> whom of these it calls: where the student chose nobody, where the student chose somebody
ROLES_BY_STEP = {
    FIRST: ("first",),
    SECOND: ("second",),
    LAST: ("last",),
    ALL: ("first", "second", "last"),
}
ROLES_OF_CHOSEN = {
    FIRST: ("chosen",),
    SECOND: ("last",),
    LAST: ("chosen", "last"),
    ALL: ("chosen", "last"),
}
# the same where it may be about an adult at school: the contacts are those of the city's route
ROLES_OF_CHOSEN_AND_ROUTE = {
    FIRST: ("chosen",),
    SECOND: ("first", "second"),
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
    """The contacts of a roster (ids or None), and who can be called today.

    Where the student chose somebody, only that one and the last responder are called.
    ``is_protected``: the contacts are those of the city's route. ``opened``: who has opened it already and need not be called again.
    """

    first: object
    second: object
    last: object
    able: frozenset
    chosen: object = None
    is_protected: bool = False
    opened: frozenset = frozenset()

    @property
    def roles_by_step(self):
        """Whom each step calls."""
        if self.chosen is None:
            return ROLES_BY_STEP
        return ROLES_OF_CHOSEN_AND_ROUTE if self.is_protected else ROLES_OF_CHOSEN

    def readers(self):
        """The ids of who may open it from the start, without None."""
        names = {name for kind in self.roles_by_step.values() for name in kind}
        return {getattr(self, name) for name in names} - {None}

    def callable_at(self, kind):
        """The ids of a step's people who can be called, each once, in order."""
        found = dict.fromkeys(getattr(self, name) for name in self.roles_by_step[kind])
        return [one for one in found if one in self.able]


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
    """The ids to call at this step, each once, in order, without who has opened it already.

    Where none of its people can be called, the last responder is; where that one cannot either and
    the student chose nobody, everybody who can. An empty list: all of them have opened it. Raises
    NobodyToCall.
    """
    found = places.callable_at(kind) or places.callable_at(LAST) or places.callable_at(ALL)
    if not found and places.chosen is None:
        found = sorted(places.able, key=str)
    if not found:
        raise NobodyToCall
    return [one for one in found if one not in places.opened]
