"""How many days in a row a school would rest with one more break. Pure but for jpholiday."""

from datetime import date, timedelta

import jpholiday

LONG_BREAK_WEEKDAYS = (
    3  # weekdays in a row on which nobody looks: a break of so many asks a second person
)


SEARCH_SPAN = timedelta(400)  # days of a break that are looked at: longer than any
FAR_FUTURE = date(2200, 1, 1)  # a slip of the pen, and no day that anybody waits on


def is_school_weekday(day: date) -> bool:
    """Whether school is on by the week and the law's holidays (国民の祝日に関する法律)."""
    return day.weekday() < 5 and not jpholiday.is_holiday(day)


def weekdays_lost(before: list, after: list, first: date, last: date) -> int:
    """How many weekdays from ``first`` to ``last`` rest after a change and not before it.

    Where the days in a row that rest around them are fewer than LONG, 0. ``before`` and
    ``after`` are the breaks [(first day, last day)] of the school.
    """
    last = min(last, first + SEARCH_SPAN) if first < FAR_FUTURE else first - timedelta(1)
    days = [first + timedelta(n) for n in range((last - first).days + 1)]
    lost = [
        day for day in days if is_school_weekday(day) and _in(day, after) and not _in(day, before)
    ]
    return len(lost) if any(_run_around(day, after) >= LONG_BREAK_WEEKDAYS for day in lost) else 0


def _run_around(day, breaks):
    """How many weekdays rest in a row around a day that rests."""
    return 1 + _run(day, breaks, timedelta(1)) + _run(day, breaks, timedelta(-1))


def _run(day, breaks, step):
    n_days = 0
    while n_days < LONG_BREAK_WEEKDAYS:
        day += step
        if not is_school_weekday(day):
            continue
        if not _in(day, breaks):
            break
        n_days += 1
    return n_days


def _in(day, breaks):
    return any(first <= day <= last for first, last in breaks)
