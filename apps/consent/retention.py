"""How long a record is kept: so many days, and never past its school year. Pure.

The school year runs from 1 April to 31 March (学校教育法施行規則 第59条、第79条).
"""

from datetime import date, timedelta


def school_year_begins(on):
    """1 April of the school year of a date."""
    return date(on.year if on.month >= 4 else on.year - 1, 4, 1)


def last_day_kept(occurred_on, days):
    """The last day on which a fact of ``occurred_on`` is kept: at most ``days`` (int) later."""
    begins = school_year_begins(occurred_on)
    return min(occurred_on + timedelta(days=days), date(begins.year + 1, 3, 31))


def oldest_day_kept(today, days):
    """The earliest date whose facts are still kept today; the counterpart of ``last_day_kept``."""
    return max(today - timedelta(days=days), school_year_begins(today))
