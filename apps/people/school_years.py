"""Which school year a day belongs to. Pure: no Django."""

from datetime import date

FIRST_MONTH = 4


def school_year_of(day: date) -> int:
    """The 年度 of a day: it begins on the first of April."""
    return day.year - (day.month < FIRST_MONTH)
