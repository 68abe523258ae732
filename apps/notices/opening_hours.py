"""When an organisation can be reached. Pure: no Django; the caller passes the holidays.

All times are Japan's local time. Words have ruby (｜今《いま》).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from apps.core.counters import WEEKDAY_READINGS, with_readings

WEEKDAYS = tuple(f"｜{day}《{reading}》" for day, reading in WEEKDAY_READINGS.items())
SEARCH_DAYS = 60
OPEN_NOW = "いま ｜話《はな》せます"


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
    """Whether an organisation is open; None where no hours are known. ``words`` say it to a person.

    ``until`` is when it closes (None: unknown, or not within a day), ``next_at`` when it opens.
    """

    is_open: bool | None
    words: str
    until: datetime | None = None
    next_at: datetime | None = None


def open_state(now: datetime, week: OpeningWeek, is_holiday=lambda day: False) -> OpenState:
    """Whether an organisation is open at ``now`` (naive, Japan) and, if not, from when."""
    if not week.openings and not week.always and not week.specials:
        return OpenState(None, "｜時間《じかん》は ページで")
    for opens, closes in _spans_from(now, week, is_holiday):
        if opens <= now:
            soon = closes - now < timedelta(days=1)
            return OpenState(True, OPEN_NOW, until=closes if soon else None)
        return OpenState(False, f"つぎは {moment_words(opens, now)}から", next_at=opens)
    return OpenState(False, "いまは お｜休《やす》み")


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


# -- words ----------------------------------------------------------------------------------------


def time_words(at) -> str:
    """「16時」「8時30分」 with ruby."""
    return with_readings(f"{at.hour}時{at.minute}分" if at.minute else f"{at.hour}時")


def moment_words(at: datetime, now: datetime) -> str:
    """「16時」「あした 16時」「火曜 16時」「12月4日 16時」 with ruby, as near as needed."""
    ahead = (at.date() - now.date()).days
    if ahead == 0:
        return time_words(at)
    if ahead == 1:
        return f"あした {time_words(at)}"
    if ahead < 7:
        return f"{WEEKDAYS[at.weekday()]}｜曜《よう》 {time_words(at)}"
    return f"{date_words(at)} {time_words(at)}"


def date_words(day) -> str:
    """「12月4日」 with ruby."""
    return with_readings(f"{day.month}月{day.day}日")


def week_lines(week: OpeningWeek) -> list[tuple[str, str]]:
    """[(weekdays, hours)] for people: days with the same hours are in one line."""
    by_day = {
        day: tuple((o.opens, o.closes) for o in week.openings if o.weekday == day)
        for day in range(7)
    }
    lines, day = [], 0
    while day < 7:
        last = day
        while last < 6 and by_day[last + 1] == by_day[day]:
            last += 1
        if by_day[day]:
            lines.append((_days(day, last), "、".join(_hours(*pair) for pair in by_day[day])))
        day = last + 1
    return lines


def special_lines(week: OpeningWeek, on: date) -> list[tuple[str, str]]:
    """[(days, hours or 休み)] of the exceptions that are not over on the day ``on``."""
    return [
        (_special_days(one), _special_hours(one))
        for one in week.specials
        if one.every_year or one.ends >= on
    ]


def _days(first, last):
    if (first, last) == (0, 6):
        return "｜毎日《まいにち》"
    if first == last:
        return WEEKDAYS[first]
    return f"{WEEKDAYS[first]}から {WEEKDAYS[last]}"


def _hours(opens, closes):
    morning = "つぎの ｜日《ひ》の " if closes <= opens else ""
    return f"{time_words(opens)}から {morning}{time_words(closes)}まで"


def _special_days(one):
    words = date_words(one.begins)
    if one.ends != one.begins:
        words += f"から {date_words(one.ends)}"
    return f"｜毎年《まいとし》 {words}" if one.every_year else words


def _special_hours(one):
    hours = "お｜休《やす》み" if one.opens is None else _hours(one.opens, one.closes)
    return f"{hours}({one.note})" if one.note else hours
