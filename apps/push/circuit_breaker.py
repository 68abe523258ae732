"""Rate limit and circuit breaker of one push service. Pure.

A token bucket (no rates of VAPID endpoints are published: start, double after a minute without
errors, halve when throttled) and a circuit breaker. One failing device says nothing about the
service: it is judged by how many *different* devices that worked before see the same failure, as a
share of what was sent to it lately.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import NamedTuple

BURST_SECONDS = 2.0  # the bucket holds this many seconds' worth
MIN_RATE = 10.0
CLEAN_PERIOD = timedelta(seconds=60)
OPEN_PERIOD = timedelta(seconds=30)
ALARM_OPEN_PERIOD = timedelta(minutes=5)
MAX_OPEN_PERIOD = timedelta(
    minutes=15
)  # the longest pause, whatever a service asks for: five probes then cost nothing
PROBE_COUNT = 5
HALF_LIFE_SECONDS = 30.0  # after this time older counts weigh half
MIN_DEVICES_IN_TROUBLE = 20  # different devices that must fail before the service is judged to fail
MIN_DEVICES_REFUSED = 5


CLOSED, OPEN, HALF_OPEN = "closed", "open", "half_open"


class ServiceCondition(Enum):
    """What a response says about the service, if many devices get it (an expired device is a good
    one).
    """

    GOOD = "good"
    TROUBLE = "trouble"
    THROTTLED = "throttled"
    REFUSED = "refused"


class ServiceReply(NamedTuple):
    """One device's response: what it says, the pause it asks for, and whether the device worked
    before.
    """

    outcome: ServiceCondition
    requested_wait_s: float = 0.0
    is_first: bool = True


@dataclass(frozen=True)
class Circuit:
    """The state of one push service; ``rate`` in messages a second.

    ``n_sent``, ``n_failed``, ``n_throttled`` and ``n_refused`` lose half of their weight every
    HALF_LIFE_S; the last three count different devices. ``n_lost_probes`` counts failed probes.
    """

    state: str = CLOSED
    open_until: datetime | None = None
    rate: float = 0.0
    tokens: float = 0.0
    tokens_at: datetime | None = None
    n_sent: float = 0.0
    n_failed: float = 0.0
    n_throttled: float = 0.0
    n_refused: float = 0.0
    n_lost_probes: int = 0
    clean_since: datetime | None = None


def take_tokens(
    line: Circuit, wanted: int, now: datetime, *, start_rate: float, max_rate: float
) -> tuple[int, Circuit]:
    """(how many messages may be sent now, the Circuit afterwards)."""
    if line.state == CLOSED:
        line = _speed_up(_refilled(line, now, start_rate), now, max_rate)
    elif line.open_until is None or line.open_until <= now:
        line = replace(
            line, state=HALF_OPEN, open_until=now + OPEN_PERIOD, tokens=float(PROBE_COUNT)
        )
    if line.state == OPEN:
        return 0, line
    n = min(wanted, int(line.tokens))
    return n, replace(line, tokens=line.tokens - n, n_sent=line.n_sent + n)


def apply_observations(
    line: Circuit,
    found: Iterable[ServiceReply],
    now: datetime,
    *,
    n_devices: int = MIN_DEVICES_IN_TROUBLE,
) -> Circuit:
    """The Circuit after a batch of responses; ``n_devices``: how many devices the service has,
    capped.
    """
    found = list(found)
    for evidence in found:
        if line.state == HALF_OPEN:
            line = _apply_probe(line, evidence, now, n_devices)
        elif line.state == CLOSED and evidence.is_first:
            line = _count_condition(line, evidence.outcome)
    return _evaluate(line, found, now, n_devices) if line.state == CLOSED else line


def is_closed(line: Circuit) -> bool:
    """Whether more successes would change nothing."""
    return line.state == CLOSED


def is_signature_refused(line: Circuit, n_devices: int) -> bool:
    """Whether so many devices were refused that the service must be rejecting our signature."""
    return line.n_refused >= min(MIN_DEVICES_REFUSED, max(n_devices, 1))


def _refilled(line, now, start_rate):
    rate = line.rate or start_rate
    if line.tokens_at is None:
        tokens, since = rate * BURST_SECONDS, 0.0
    else:
        since = max((now - line.tokens_at).total_seconds(), 0.0)  # a clock may go back
        tokens = min(line.tokens + rate * since, rate * BURST_SECONDS)
    left = 0.5 ** (since / HALF_LIFE_SECONDS)
    return replace(
        line, rate=rate, tokens=tokens, tokens_at=now, clean_since=line.clean_since or now,
        n_sent=line.n_sent * left, n_failed=line.n_failed * left,
        n_throttled=line.n_throttled * left, n_refused=line.n_refused * left,
    )  # fmt: skip


def _count_condition(line, outcome):
    name = _COUNTERS.get(outcome)
    return replace(line, **{name: getattr(line, name) + 1}) if name else line


def _evaluate(line, found, now, n_devices):
    """Open the circuit if many different devices fail alike and they are a large share of all."""
    if is_signature_refused(line, n_devices) and line.n_refused * 2 >= line.n_sent:
        return _open_circuit(
            line, now, timedelta(0)
        )  # signed anew at once; the probes show whether that helped
    if line.n_throttled >= MIN_DEVICES_IN_TROUBLE and line.n_throttled * 4 >= line.n_sent:
        return _throttle(line, now, _shortest_wait(found))
    if line.n_failed >= MIN_DEVICES_IN_TROUBLE and line.n_failed * 2 >= line.n_sent:
        return _open_circuit(line, now, OPEN_PERIOD)
    return line


def _apply_probe(line, evidence, now, n_devices):
    """One success closes the circuit; it opens again once all probes have failed."""
    if evidence.outcome is ServiceCondition.GOOD:
        return Circuit(rate=line.rate, tokens_at=now, clean_since=now)
    if evidence.outcome is ServiceCondition.REFUSED and is_signature_refused(line, n_devices):
        return _open_circuit(line, now, ALARM_OPEN_PERIOD)
    line = replace(line, n_lost_probes=line.n_lost_probes + 1)
    if line.n_lost_probes < PROBE_COUNT:
        return line
    if evidence.outcome is ServiceCondition.THROTTLED:
        return _throttle(line, now, evidence.requested_wait_s)
    return _open_circuit(line, now, OPEN_PERIOD)


def _shortest_wait(found):
    """The shortest pause that was asked for: one device's response cannot prolong everybody's."""
    return min(
        (each.requested_wait_s for each in found if each.outcome is ServiceCondition.THROTTLED),
        default=0.0,
    )


def _throttle(line, now, requested_wait_s):
    """Pause the whole service as it asked, and send half as fast afterwards."""
    pause = min(timedelta(seconds=max(requested_wait_s, 1)), MAX_OPEN_PERIOD)
    return replace(_open_circuit(line, now, pause), rate=max(line.rate / 2, MIN_RATE))


def _open_circuit(line, now, pause):
    return replace(
        line, state=OPEN, open_until=now + pause, clean_since=None,
        n_sent=0.0, n_failed=0.0, n_throttled=0.0, n_lost_probes=0,
    )  # fmt: skip


def _speed_up(line, now, max_rate):
    if line.clean_since is None or now - line.clean_since < CLEAN_PERIOD:
        return line
    return replace(line, rate=min(line.rate * 2, max(max_rate, line.rate)), clean_since=now)


_COUNTERS = {
    ServiceCondition.TROUBLE: "n_failed",
    ServiceCondition.THROTTLED: "n_throttled",
    ServiceCondition.REFUSED: "n_refused",
}
