"""Who is told next, and when. Pure: no Django, no clock of its own.

A wish nobody has looked at climbs the table below, counted in duty minutes since it was sent; a
night or a holiday adds none. After the last row everybody is called again whenever hours begin,
so that no wish is ever left to itself.
"""

from dataclasses import dataclass

from apps.helpline import hours

FIRST, SECOND, LAST, ALL = "first", "second", "last", "all"

# step -> the places on the roster that are called
TABLE = {
    FIRST: ("chosen", "first"),
    SECOND: ("second",),
    LAST: ("last",),
    ALL: ("chosen", "first", "second", "last"),
}
KINDS = tuple(TABLE)


class NobodyLeft(Exception):
    """Not one person of the school can be told."""


@dataclass(frozen=True)
class Waits:
    """Duty minutes since sending, after which the second, the last and all are called."""

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
class Places:
    """Who stands where on the roster (ids or None), and who can be told today."""

    first: object
    second: object
    last: object
    able: frozenset
    chosen: object = None


def kind_of(number):
    """What step ``number`` (from 1) is: first, second, last, then all, again and again."""
    return KINDS[min(number, len(KINDS)) - 1]


def due_at(number, sent_at, waits, week, after=None):
    """When step ``number`` of what was sent at ``sent_at`` is due; never before ``after``.

    ``after`` is when the step before was done. Raises hours.NeverOpen.
    """
    if number > len(KINDS):
        return hours.next_opening(after or sent_at, week)
    due = hours.after(sent_at, waits.of(number), week)
    return due if after is None or due >= after else hours.after(after, 0, week)


def people(kind, places):
    """The ids to call at this step, each once, in order; never empty.

    Where none of its people can be told, the last responder is; where that one cannot either,
    everybody who can. Raises NobodyLeft.
    """
    for names in (TABLE[kind], TABLE[LAST]):
        found = [getattr(places, name) for name in names]
        found = list(dict.fromkeys(one for one in found if one in places.able))
        if found:
            return found
    if not places.able:
        raise NobodyLeft
    return sorted(places.able, key=str)
