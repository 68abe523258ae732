"""How much duty time a change of hours removes. Pure: no Django."""

from datetime import time


def minutes_lost(before: dict[int, tuple[time, time]], after: dict[int, tuple[time, time]]) -> int:
    """How many duty minutes a week are lost from one {weekday: (opens, closes)} to another."""
    return sum(_lost(span, after.get(weekday)) for weekday, span in before.items())


def _lost(span, now):
    opens, closes = map(_minute, span)
    if now is None:
        return closes - opens
    first, last = map(_minute, now)
    return (closes - opens) - max(0, min(closes, last) - max(opens, first))


def _minute(moment):
    return moment.hour * 60 + moment.minute
