"""The way of one reading of わたしの情報, as a table. Pure: no Django, no clock.

Nothing here runs by itself: a guardian begins it and reads the card each time; a worker only
carries what one consented session asked for, and ends it.
"""

from datetime import timedelta

CREATED, AUTHORISING, REQUESTED = "created", "authorising", "requested"
NOTIFIED, POLLING = "notified", "polling"
FETCHED, REDUCED, DISCARDED = "fetched", "reduced", "discarded"
NO_DATA, UNSUPPORTED, DENIED = "no_data", "unsupported", "denied"
EXPIRED, ERROR = "expired", "error"

_FAILS = {DENIED, EXPIRED, ERROR}
MOVES = {
    CREATED: {AUTHORISING, *_FAILS},
    AUTHORISING: {REQUESTED, *_FAILS},
    REQUESTED: {NOTIFIED, POLLING, FETCHED, *_FAILS},
    POLLING: {NOTIFIED, FETCHED, *_FAILS},
    NOTIFIED: {POLLING, FETCHED, *_FAILS},
    FETCHED: {REDUCED, NO_DATA, UNSUPPORTED, *_FAILS},
    REDUCED: {DISCARDED},
    DISCARDED: set(),
    NO_DATA: set(),
    UNSUPPORTED: set(),
    DENIED: set(),
    EXPIRED: set(),
    ERROR: set(),
}
ENDED = frozenset(state for state, ways in MOVES.items() if not ways)
OPEN = frozenset(MOVES) - ENDED
WAITING = frozenset({REQUESTED, POLLING, NOTIFIED})  # asked, and not answered yet

COMES_BACK_WITHIN = timedelta(minutes=15)  # from going out to the callback
ENDS_AFTER = timedelta(minutes=30)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5, 60

KEPT, NOTHING, NOT_ANSWERED = "kept", "nothing", "not_answered"
UNREADABLE, TAKEN_BACK = "unreadable", "taken_back"


class CannotMove(Exception):
    """The table has no such way."""


def check_move(state, to):
    """Raises CannotMove unless the table leads from ``state`` to ``to``."""
    if to not in MOVES[state]:
        raise CannotMove(f"{state} → {to}")


def pause(n_asked, wanted_s=None):
    """Until the next look after ``n_asked`` (≥ 1) of them: 5, 10, 20, 40, then 60 seconds.

    ``wanted_s`` is what the other side asked for; it never shortens the pause.
    """
    own = min(FIRST_PAUSE_S * 2 ** min(max(n_asked, 1) - 1, 6), LONGEST_PAUSE_S)
    return timedelta(seconds=max(own, wanted_s or 0))


def ending_of(outcomes):
    """The state in which a session ends, by what came of each purpose ({purpose: outcome}).

    What came is kept, whatever became of the rest; "nothing held" is an answer, not a failure.
    """
    found = set(outcomes.values())
    for outcome, state in (
        (KEPT, DISCARDED),
        (UNREADABLE, ERROR),
        (NOTHING, NO_DATA),
        (NOT_ANSWERED, UNSUPPORTED),
    ):
        if outcome in found:
            return state
    return DENIED
