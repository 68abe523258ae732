"""Which days and values no source may state, whatever it sends. Pure.

A value here is one that the database, a seal or a calendar cannot take, or that cannot be true.
"""

from datetime import date, timedelta

OLDEST = date(2000, 1, 1)  # older than any student
CLOCKS_DIFFER = timedelta(days=1)  # a tablet's clock may be ahead of ours

TOO_OLD = "2000年より 前の 日付です。"
NOT_YET = "まだ 来て いない 日付です。"


def why_not_day(day: date, today: date, ahead: timedelta = timedelta()) -> str:
    """A sentence that says why a fact cannot be of this day, "" where it can.

    ``ahead`` is how far after today a day may lie.
    """
    if day < OLDEST:
        return TOO_OLD
    return NOT_YET if day - ahead > today else ""


def is_storable(text: str) -> bool:
    """Whether a text can be encoded and kept: no half of a surrogate pair, no NUL."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)
