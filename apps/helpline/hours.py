"""When somebody looks: weekdays that are no holiday, between two times of day. Pure: no Django.

Holidays by 国民の祝日に関する法律 (jpholiday).
"""

import zoneinfo
from dataclasses import dataclass
from datetime import datetime, timedelta

import jpholiday

JST = zoneinfo.ZoneInfo("Asia/Tokyo")
LOOK_AHEAD_DAYS = 30  # longer than any run of days off


@dataclass(frozen=True)
class Watch:
    """Whether somebody looks now, and if not, from when."""

    is_open: bool
    next_at: datetime


def is_working_day(day):
    """A weekday that is not a national holiday."""
    return day.weekday() < 5 and not jpholiday.is_holiday(day)


def watch(now, opens_at, closes_at):
    """The Watch at ``now`` (aware) for hours [opens_at, closes_at) in Japan's time."""
    now = now.astimezone(JST)
    if is_working_day(now.date()) and opens_at <= now.time() < closes_at:
        return Watch(True, now)
    for ahead in range(LOOK_AHEAD_DAYS):
        day = now.date() + timedelta(ahead)
        begins = datetime.combine(day, opens_at, JST)
        if is_working_day(day) and begins > now:
            return Watch(False, begins)
    raise ValueError("no working day within a month")
