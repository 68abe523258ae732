"""When a student is asked for a check-in: chosen frequency, and days off. Pure: no Django.

Students may always answer; this only decides when the home page asks.
"""

from datetime import timedelta

from apps.people.school_day_rules import is_school_day

DAILY, THRICE, WEEKLY, REST = "daily", "thrice", "weekly", "rest"
DUE, ANSWERED, ENOUGH, HOLIDAY, PAUSED = "due", "answered", "enough", "holiday", "paused"
TIMES_A_WEEK = {DAILY: 7, THRICE: 3, WEEKLY: 1, REST: 0}


def is_rest_day(day, breaks=()):
    """Whether a date is a day off: weekend, national holiday, or in one of ``breaks``.

    ``breaks`` are (first date, last date), both included.
    """
    return not is_school_day(day, breaks)


def monday_of(day):
    """The Monday of a date's week."""
    return day - timedelta(day.weekday())


def asking_state(frequency, *, day, answered_on, breaks=()):
    """DUE when the home page asks, else why it does not. ``answered_on`` are dates."""
    if frequency == REST:
        return PAUSED
    if day in answered_on:
        return ANSWERED
    if is_rest_day(day, breaks):
        return HOLIDAY
    this_week = {on for on in answered_on if monday_of(day) <= on <= day}
    return DUE if len(this_week) < TIMES_A_WEEK[frequency] else ENOUGH


def is_due_again(last_on, *, day, every_days):
    """Whether a set asked every so many days is due; ``last_on`` is a date or None."""
    return last_on is None or (day - last_on).days >= every_days
