"""Limits of the days and values that a source may state. Pure.

They exclude what the database, encryption or a calendar cannot hold, or what cannot be true.
"""

from datetime import date, timedelta

OLDEST_DATE = date(2000, 1, 1)  # older than any student
CLOCK_TOLERANCE = timedelta(days=1)  # a tablet's clock may be ahead of ours

DATE_TOO_OLD = "2000年より 前の 日付です。"
DATE_IN_FUTURE = "まだ 来て いない 日付です。"


def date_problem(day: date, today: date, ahead: timedelta = timedelta()) -> str:
    """A sentence that says why no fact can be of this day, "" where one can.

    ``ahead`` is how far after today a day may lie.
    """
    if day < OLDEST_DATE:
        return DATE_TOO_OLD
    return DATE_IN_FUTURE if day - ahead > today else ""


def is_storable_text(text: str) -> bool:
    """Whether a text can be encoded and stored: no half of a surrogate pair, no NUL."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
