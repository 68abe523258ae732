"""How fast one push service may be asked, and when to leave it alone. Pure.

A token bucket (nothing is published about the rates of VAPID endpoints: start, double after a
clean minute, halve when throttled) and a circuit breaker (20 failures in a row, or 10 of 100 →
30 s of rest → five bells as a probe).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

BURST_S = 2.0  # the bucket holds this many seconds' worth
MIN_RATE = 10.0
CLEAN = timedelta(seconds=60)
REST = timedelta(seconds=30)
ALARM_REST = timedelta(minutes=5)
MAX_REST = timedelta(hours=1)
PROBES = 5
WINDOW = 100
TOO_MANY_IN_WINDOW = 10
TOO_MANY_IN_ROW = 20


CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


class Outcome(Enum):
    """What an answer says about the service itself (a device that is gone is a good answer)."""

    GOOD = "good"
    TROUBLE = "trouble"
    THROTTLED = "throttled"
    REFUSED = "refused"


@dataclass(frozen=True)
class Line:
    """The state of one push service; ``rate`` in bells a second."""

    state: str = CLOSED
    open_until: datetime | None = None
    rate: float = 0.0
    tokens: float = 0.0
    tokens_at: datetime | None = None
    n_in_row: int = 0
    n_seen: int = 0
    n_failed: int = 0
    n_refused: int = 0
    clean_since: datetime | None = None


def take(line, wanted, now, *, start_rate, max_rate):
    """(how many bells may be rung now, the Line afterwards)."""
    if line.state == CLOSED:
        line = _faster(_refilled(line, now, start_rate), now, max_rate)
    elif line.open_until is None or line.open_until <= now:
        line = replace(line, state=HALF_OPEN, open_until=now + REST, tokens=float(PROBES))
    if line.state == OPEN:
        return 0, line
    n = min(wanted, int(line.tokens))
    return n, replace(line, tokens=line.tokens - n)


def after(line, outcomes, now):
    """The Line after a batch of (Outcome, seconds to wait)."""
    for outcome, wait_s in outcomes:
        line = _STEPS[outcome](line, wait_s, now)
    return line


def is_calm(line):
    """Whether good answers would tell nothing new about it."""
    return line.state == CLOSED and not (line.n_in_row or line.n_failed or line.n_refused)


def _refilled(line, now, start_rate):
    rate = line.rate or start_rate
    if line.tokens_at is None:
        tokens = rate * BURST_S
    else:
        since = max((now - line.tokens_at).total_seconds(), 0.0)  # a clock may jump back
        tokens = min(line.tokens + rate * since, rate * BURST_S)
    return replace(
        line, rate=rate, tokens=tokens, tokens_at=now, clean_since=line.clean_since or now
    )


def _good(line, wait_s, now):
    if line.state == HALF_OPEN:
        line = replace(line, state=CLOSED, open_until=None, tokens_at=now, clean_since=now)
    return _counted(replace(line, n_in_row=0, n_refused=0), failed=0)


def _trouble(line, wait_s, now):
    line = _counted(replace(line, n_in_row=line.n_in_row + 1, clean_since=now), failed=1)
    tired = line.n_in_row >= TOO_MANY_IN_ROW or line.n_failed >= TOO_MANY_IN_WINDOW
    return _rest(line, now, REST) if tired or line.state == HALF_OPEN else line


def _throttled(line, wait_s, now):
    """It asked for a pause: all of it rests, and is asked half as fast afterwards."""
    pause = min(timedelta(seconds=max(wait_s, 1)), MAX_REST)
    if line.state == OPEN:  # others of the same batch: one halving for all of them
        until = max(line.open_until or now, now + pause)
        return replace(line, open_until=until)
    return replace(_rest(line, now, pause), rate=max(line.rate / 2, MIN_RATE))


def _refused(line, wait_s, now):
    """It does not take our signature: sign anew once, at once; the second time rest and alarm."""
    if line.n_refused == 0:
        return replace(_rest(line, now, timedelta(0)), n_refused=1)
    if line.state == OPEN:
        return line
    return replace(_rest(line, now, ALARM_REST), n_refused=line.n_refused + 1)


def _rest(line, now, pause):
    return replace(
        line, state=OPEN, open_until=now + pause, clean_since=None, n_seen=0, n_failed=0, n_in_row=0
    )


def _counted(line, *, failed):
    if line.n_seen >= WINDOW:
        return replace(line, n_seen=1, n_failed=failed)
    return replace(line, n_seen=line.n_seen + 1, n_failed=line.n_failed + failed)


def _faster(line, now, max_rate):
    if line.state != CLOSED or line.clean_since is None or now - line.clean_since < CLEAN:
        return line
    return replace(line, rate=min(line.rate * 2, max(max_rate, line.rate)), clean_since=now)


_STEPS = {
    Outcome.GOOD: _good,
    Outcome.TROUBLE: _trouble,
    Outcome.THROTTLED: _throttled,
    Outcome.REFUSED: _refused,
}
