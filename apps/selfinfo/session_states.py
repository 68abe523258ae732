"""States and allowed transitions of a わたしの情報 session. Pure: no Django, no clock.

A guardian begins each session and reads the card; a worker only continues it and ends it.
"""

from datetime import timedelta

CREATED, AUTHORISING, REQUESTED = "created", "authorising", "requested"
NOTIFIED, POLLING = "notified", "polling"
FETCHED, REDUCED, DISCARDED = "fetched", "reduced", "discarded"
NO_DATA, UNSUPPORTED, DENIED = "no_data", "unsupported", "denied"
EXPIRED, ERROR = "expired", "error"

_FAILS = {DENIED, EXPIRED, ERROR}
TRANSITIONS = {
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
ENDED_STATES = frozenset(state for state, following in TRANSITIONS.items() if not following)
OPEN_STATES = frozenset(TRANSITIONS) - ENDED_STATES
WAITING_STATES = frozenset({REQUESTED, POLLING, NOTIFIED})  # requested, without an answer yet

RETURN_LIMIT = timedelta(minutes=15)  # from the redirect to the callback
SESSION_LIMIT = timedelta(minutes=30)
FIRST_POLL_S, MAX_POLL_S = 5, 60

KEPT, NOTHING, NOT_ANSWERED = "kept", "nothing", "not_answered"
UNREADABLE, CONSENT_WITHDRAWN = "unreadable", "taken_back"


class InvalidSessionTransition(Exception):
    """The table has no such transition."""


def check_transition(state, to):
    """Raises InvalidSessionTransition unless the table has ``state`` to ``to``."""
    if to not in TRANSITIONS[state]:
        raise InvalidSessionTransition(f"{state} → {to}")


def poll_delay(n_polls, wanted_s=None):
    """Delay before the next poll, after ``n_asked`` (≥ 1) polls: 5, 10, 20, 40, then 60 seconds.

    ``wanted_s`` is the delay that the server asked for; it never shortens ours.
    """
    own = min(FIRST_POLL_S * 2 ** min(max(n_polls, 1) - 1, 6), MAX_POLL_S)
    return timedelta(seconds=max(own, wanted_s or 0))


def final_state(outcomes):
    """The state in which a session ends, by the outcome of each purpose ({purpose: outcome}).

    What was received is kept, even if others failed; "nothing held" is an answer, not a failure.
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
