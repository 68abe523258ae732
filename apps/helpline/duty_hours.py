"""Duty hours: days and hours of a school's week, without holidays and breaks. Pure: no Django.

Holidays by 国民の祝日に関する法律 (jpholiday). Datetimes are aware; hours are Japan time.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from apps.core.time_zone import JST
from apps.people.school_day_rules import is_in_breaks, is_national_holiday

LOOK_AHEAD_DAYS = 400  # longer than any break a school may enter


class NoDutyHours(ValueError):
    """No duty hours for more than a year: nobody would ever be on duty."""


@dataclass(frozen=True)
class DutyWeek:
    """weekday (0 = Monday) -> (opens, closes), and the breaks [(first day, last day)]."""

    hours: dict[int, tuple[time, time]]
    breaks: list[tuple[date, date]] = field(default_factory=list)

    def is_duty_day(self, day):
        """Whether this day has duty hours."""
        return (
            day.weekday() in self.hours
            and not is_national_holiday(day)
            and not is_in_breaks(day, self.breaks)
        )

    def span(self, day):
        """(opens, closes) of a duty day, aware."""
        opens, closes = self.hours[day.weekday()]
        return datetime.combine(day, opens, JST), datetime.combine(day, closes, JST)

    def spans_from(self, moment):
        """Every (opens, closes) that ends after ``moment``, in order, without end.

        Raises NoDutyHours where no duty day follows within LOOK_AHEAD_DAYS.
        """
        day, idle = moment.astimezone(JST).date(), 0
        while idle < LOOK_AHEAD_DAYS:
            span = self.span(day) if self.is_duty_day(day) else None
            if span and span[1] > moment:
                yield span
                idle = 0
            day, idle = day + timedelta(1), idle + 1
        raise NoDutyHours("no hours within a year")


@dataclass(frozen=True)
class DutyAvailability:
    """Whether somebody is on duty now, and if not, from when."""

    is_open: bool
    next_at: datetime


def duty_availability(now, week):
    """The DutyAvailability at ``now``: hours are [opens, closes). Raises NoDutyHours."""
    opens, _ = next(week.spans_from(now))
    return DutyAvailability(opens <= now, max(opens, now))


def after_duty_minutes(moment, minutes, week):
    """When ``minutes`` duty minutes have passed since ``moment``; always in duty hours.

    Raises NoDutyHours.
    """
    left = timedelta(minutes=minutes)
    for opens, closes in week.spans_from(moment):
        begins = max(opens, moment)
        if left < closes - begins:
            return begins + left
        left -= closes - begins
    raise NoDutyHours("the week ended")  # spans_from never ends without raising


def next_duty_opening(moment, week):
    """The first opening strictly after ``moment``. Raises NoDutyHours."""
    return next(opens for opens, _ in week.spans_from(moment) if opens > moment)


def duty_minutes_between(begin, end, week):
    """Duty minutes (float) from ``begin`` to ``end``."""
    total = timedelta()
    for opens, closes in week.spans_from(begin):
        if opens >= end:
            break
        total += min(closes, end) - max(opens, begin)
    return total.total_seconds() / 60
