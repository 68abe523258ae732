"""Until when a fact is kept. Pure.

The day stands in the clear beside the sealed fact, so it is rounded: an exact one would tell
the date of an absence. Rounded down, it never exceeds what the consent text promises.
"""

from datetime import timedelta

from apps.consent.retention import last_day_kept, school_year_begins


def kept_until(occurred_on, days):
    """The last day a fact of ``occurred_on`` is kept: at most ``days`` (int) later, and never
    past its school year.

    The end of the school year says nothing and stands as it is. Before it, the first of the
    month for what is kept long, a Monday for what is kept 60 days or less.
    """
    last = last_day_kept(occurred_on, days)
    if last == school_year_begins(last + timedelta(days=1)) - timedelta(days=1):
        return last
    return last - timedelta(days=last.weekday()) if days <= 60 else last.replace(day=1)
