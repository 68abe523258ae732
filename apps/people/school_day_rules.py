"""School days, and how many days in a row a break would close a school. Pure but for jpholiday."""

from collections.abc import Iterable
from datetime import date, timedelta

import jpholiday

Breaks = Iterable[tuple[date, date]]
LONG_BREAK_WEEKDAYS = 3  # weekdays in a row without duty: a break this long needs a second person
SEARCH_SPAN = timedelta(400)  # longest break considered, in days
FAR_FUTURE = date(2200, 1, 1)  # further back is a typing error


def is_school_weekday(day: date) -> bool:
    """Whether the day is a weekday and no national holiday (国民の祝日に関する法律)."""
    return day.weekday() < 5 and not is_national_holiday(day)


def is_national_holiday(day: date) -> bool:
    """Whether the day is a holiday by 国民の祝日に関する法律."""
    return jpholiday.is_holiday(day)


def is_school_day(day: date, breaks: Breaks = ()) -> bool:
    """Whether the day is a school weekday outside ``breaks``."""
    return is_school_weekday(day) and not is_in_breaks(day, breaks)


def is_in_breaks(day: date, breaks: Breaks) -> bool:
    """Whether the day is in one of ``breaks`` [(first day, last day)], both included."""
    return any(first <= day <= last for first, last in breaks)


def weekdays_lost(before: list, after: list, first: date, last: date) -> int:
    """How many weekdays from ``first`` to ``last`` are off after a change but not before it.

    0 where fewer than LONG days in a row are off around them. ``before`` and
    ``after`` are the breaks [(first day, last day)] of the school.
    """
    last = min(last, first + SEARCH_SPAN) if first < FAR_FUTURE else first - timedelta(1)
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    lost = [
        day
        for day in days
        if is_school_weekday(day) and is_in_breaks(day, after) and not is_in_breaks(day, before)
    ]
    return len(lost) if any(_run_around(day, after) >= LONG_BREAK_WEEKDAYS for day in lost) else 0


def _run_around(day, breaks):
    """How many weekdays in a row are off around a day off."""
    return 1 + _run(day, breaks, timedelta(1)) + _run(day, breaks, timedelta(-1))


def _run(day, breaks, step):
    n_days = 0
    while n_days < LONG_BREAK_WEEKDAYS:
        day += step
        if not is_school_weekday(day):
            continue
        if not is_in_breaks(day, breaks):
            break
        n_days += 1
    return n_days
