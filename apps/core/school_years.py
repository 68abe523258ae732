"""The school year, from 1 April to 31 March (学校教育法施行規則 第59条、第79条). Pure."""

from datetime import date


def school_year_of(day: date) -> int:
    """The year in which the school year of a date began."""
    return day.year - (day.month < 4)


def month_begins(school_year: int, month: int) -> date:
    """The first day of a month (1 … 12) of a school year."""
    return date(school_year + (month < 4), month, 1)


def school_year_begins(day: date) -> date:
    """1 April of the school year of a date."""
    return date(school_year_of(day), 4, 1)
