"""Which minutes of a week are no longer watched under other hours. Pure."""

from datetime import time


def minutes_lost(before: dict[int, tuple[time, time]], after: dict[int, tuple[time, time]]) -> int:
    """How many minutes of a week were watched and are no longer; {weekday: (opens, closes)}."""
    return sum(_lost(span, after.get(weekday)) for weekday, span in before.items())


def _lost(span, now):
    opens, closes = map(_minute, span)
    if now is None:
        return closes - opens
    first, last = map(_minute, now)
    return (closes - opens) - max(0, min(closes, last) - max(opens, first))


def _minute(moment):
    return moment.hour * 60 + moment.minute
