"""How long a record is kept: so many days, and never past its school year. Pure."""

from datetime import date, timedelta

from apps.core.school_years import school_year_begins


def last_day_kept(occurred_on, days):
    """The last day on which a fact of ``occurred_on`` is kept: at most ``days`` (int) later."""
    begins = school_year_begins(occurred_on)
    return min(occurred_on + timedelta(days=days), date(begins.year + 1, 3, 31))


def oldest_day_kept(today, days):
    """The earliest date whose facts are still kept today; the counterpart of ``last_day_kept``."""
    return max(today - timedelta(days=days), school_year_begins(today))
