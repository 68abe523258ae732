"""The last day on which a fact is kept. Pure.

The day is stored unencrypted beside the sealed fact, so it is rounded: an exact one would reveal
the date of an absence. Rounded down, it never exceeds what the consent text promises.
"""

from datetime import timedelta

from apps.consent.retention import last_day_kept
from apps.core.school_years import school_year_begins


def kept_until(occurred_on, days):
    """The last day a fact of ``occurred_on`` is kept: at most ``days`` (int) later, and never
    past its school year.

    The end of the school year reveals nothing and is not rounded. Before it: the first of the month
    for facts kept long, a Monday for facts kept 60 days or less.
    """
    last = last_day_kept(occurred_on, days)
    if last == school_year_begins(last + timedelta(days=1)) - timedelta(days=1):
        return last
    return last - timedelta(days=last.weekday()) if days <= 60 else last.replace(day=1)
