"""The school year, from 1 April to 31 March (学校教育法施行規則 第59条、第79条). Pure."""

from datetime import date


def school_year_of(day: date) -> int:
    """The year in which the school year of a date began."""
    return day.year - (day.month < 4)


def school_year_begins(day: date) -> date:
    """1 April of the school year of a date."""
    return date(school_year_of(day), 4, 1)
