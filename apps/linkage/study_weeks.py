"""Weekly sums of study statements. Pure.

Single statements are deleted after 30 days; kept is how much was studied in a week (ISO 8601),
never what.
"""

import re
from datetime import date

ANSWERED_VERB = "http://adlnet.gov/expapi/verbs/answered"
COMPLETED_VERB = "http://adlnet.gov/expapi/verbs/completed"
WEEKLY_COUNTS = ("n", "answered", "right", "completed", "seconds")
# The designators of ISO 8601 that a lesson needs: days, hours, minutes, seconds.
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)
_LONGEST_S = 6 * 3600  # a longer one is a page left open, not study


def iso_week(day):
    """The ISO week of a date as text: 2026-W47."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


def week_start(week):
    """The first day of such a week."""
    return date.fromisocalendar(int(week[:4]), int(week[6:]), 1)


def add_statement(sums, statement, sign=1):
    """The sums (dict) with one stored statement added, or with -1 subtracted."""
    verb = statement.get("verb")
    one = {
        "n": 1,
        "answered": verb == ANSWERED_VERB,
        "right": verb == ANSWERED_VERB and statement.get("success") is True,
        "completed": verb == COMPLETED_VERB or statement.get("completion") is True,
        "seconds": duration_seconds(statement.get("duration")),
    }
    return {name: max(0, sums.get(name, 0) + sign * int(one[name])) for name in WEEKLY_COUNTS}


def duration_seconds(duration):
    """Whole seconds of an ISO 8601 duration, at most six hours; 0 where it is none."""
    found = _DURATION.fullmatch(duration) if isinstance(duration, str) else None
    if found is None:
        return 0
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return int(min(days * 86400 + hours * 3600 + minutes * 60 + rest, _LONGEST_S))
