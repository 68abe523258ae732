"""Whether a time lies in quiet hours. Pure; times are those of Japan."""

from datetime import datetime, time, timedelta

DEFAULT_BEGIN, DEFAULT_END = time(20), time(7)


def quiet_until(now, begins=DEFAULT_BEGIN, ends=DEFAULT_END):
    """The end of the quiet hours that ``now`` (aware, Japan) lies in, or None outside them.

    ``begins`` after ``ends`` spans midnight; equal ones mean no quiet hours.
    """
    if begins == ends:
        return None
    clock = now.timetz().replace(tzinfo=None)
    over_midnight = begins > ends
    inside = clock >= begins or clock < ends if over_midnight else begins <= clock < ends
    if not inside:
        return None
    day = now.date() + timedelta(days=over_midnight and clock >= begins)
    return datetime.combine(day, ends, tzinfo=now.tzinfo)
