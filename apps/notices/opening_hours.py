"""When an organisation can be reached. Pure: no Django; the caller passes the holidays.

All times are Japan's local time. ``hours_words`` says it to a person.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

SEARCH_DAYS = 60


@dataclass(frozen=True)
class OpeningSlot:
    """One opening on one weekday (Monday 0); ``closes`` not after ``opens``: the next morning."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class SpecialHours:
    """Days (both ends included) with other hours, or none; yearly ones may cross New Year."""

    begins: date
    ends: date
    every_year: bool = False
    opens: time | None = None
    closes: time | None = None
    note: str = ""

    def covers(self, day: date) -> bool:
        if not self.every_year:
            return self.begins <= day <= self.ends
        at, begins, ends = ((d.month, d.day) for d in (day, self.begins, self.ends))
        return begins <= at <= ends if begins <= ends else at >= begins or at <= ends


@dataclass(frozen=True)
class OpeningWeek:
    """The hours of an organisation: weekdays, exceptions, and whether it closes on national
    holidays.
    """

    openings: tuple[OpeningSlot, ...] = ()
    specials: tuple[SpecialHours, ...] = ()
    always: bool = False
    rests_on_holidays: bool = False


@dataclass(frozen=True)
class OpenState:
    """Whether an organisation is open; None where no hours are known.

    ``until`` is when it closes (None: unknown, or not within a day), ``next_at`` when it opens.
    """

    is_open: bool | None
    until: datetime | None = None
    next_at: datetime | None = None


def open_state(now: datetime, week: OpeningWeek, is_holiday=lambda day: False) -> OpenState:
    """Whether an organisation is open at ``now`` (naive, Japan) and, if not, from when."""
    if not week.openings and not week.always and not week.specials:
        return OpenState(None)
    for opens, closes in _spans_from(now, week, is_holiday):
        if opens <= now:
            soon = closes - now < timedelta(days=1)
            return OpenState(True, until=closes if soon else None)
        return OpenState(False, next_at=opens)
    return OpenState(False)


def opening_spans(day: date, week: OpeningWeek, is_holiday=lambda day: False) -> list:
    """The [(opens, closes)] that begin on this day, in order.

    An exception has precedence over a holiday, a holiday over the weekday.
    """
    specials = [special for special in week.specials if special.covers(day)]
    if specials:
        hours = [(one.opens, one.closes) for one in specials if one.opens is not None]
    elif week.rests_on_holidays and is_holiday(day):
        hours = []
    elif week.always:
        hours = [(time(0), time(0))]
    else:
        hours = [(one.opens, one.closes) for one in week.openings if one.weekday == day.weekday()]
    return sorted(_span(day, opens, closes) for opens, closes in hours)


def _span(day, opens, closes):
    ends = day + timedelta(days=closes <= opens)
    return datetime.combine(day, opens), datetime.combine(ends, closes)


def _spans_from(now, week, is_holiday):
    """Spans that end after ``now``, in order; touching or overlapping ones are one."""
    current = None
    for ahead in range(-1, SEARCH_DAYS):
        for opens, closes in opening_spans(now.date() + timedelta(days=ahead), week, is_holiday):
            if current and opens <= current[1]:
                current = (current[0], max(current[1], closes))
                continue
            if current and current[1] > now:
                yield current
            current = (opens, closes)
        if current and now < current[1] and current[0] > now:
            break  # the next opening is known: how long it lasts does not matter
    if current and current[1] > now:
        yield current
