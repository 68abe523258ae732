"""When a place can be reached. Pure: no Django; the caller brings holidays and closed days.

All times are Japan's wall clock. Words carry ruby (｜今《いま》).
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

WEEKDAYS = ("｜月《げつ》", "｜火《か》", "｜水《すい》", "｜木《もく》", "｜金《きん》", "｜土《ど》", "｜日《にち》")  # fmt: skip
SEARCH_DAYS = 14


@dataclass(frozen=True)
class Opening:
    """One opening on one weekday (Monday 0), ``closes`` later the same day."""

    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class Closing:
    """A yearly closed stretch from (month, day) to (month, day), both included; may cross New Year."""

    begins: tuple[int, int]
    ends: tuple[int, int]

    def covers(self, day: date) -> bool:
        at = (day.month, day.day)
        if self.begins <= self.ends:
            return self.begins <= at <= self.ends
        return at >= self.begins or at <= self.ends


@dataclass(frozen=True)
class State:
    """``is_open`` is None where no hours are known; ``words`` say it to a person."""

    is_open: bool | None
    words: str


def state(now: datetime, openings, *, always=False, closings=(), is_holiday=None) -> State:
    """Whether a place can be reached at ``now`` (naive, Japan) and, if not, from when.

    ``is_holiday`` is asked for days on which a weekday-only place is closed.
    """
    if always:
        return State(True, "いま ｜話《はな》せます")
    if not openings:
        return State(None, "｜時間《じかん》は ページで")
    for ahead in range(SEARCH_DAYS):
        day = now.date() + timedelta(days=ahead)
        for opening in _of_day(day, openings, closings, is_holiday):
            if ahead == 0 and opening.opens <= now.time() < opening.closes:
                return State(True, "いま ｜話《はな》せます")
            if ahead or now.time() < opening.opens:
                return State(False, f"{_day_words(ahead, day)}{clock(opening.opens)}から")
    return State(False, "いまは お｜休《やす》み")


def clock(at: time) -> str:
    """「16時」「8時30分」 with ruby."""
    minutes = f"{at.minute}｜分《ふん》" if at.minute else ""
    return f"{at.hour}｜時《じ》{minutes}"


def _of_day(day, openings, closings, is_holiday):
    weekday_only = all(opening.weekday < 5 for opening in openings)
    if any(closing.covers(day) for closing in closings):
        return []
    if weekday_only and is_holiday is not None and is_holiday(day):
        return []
    return sorted((o for o in openings if o.weekday == day.weekday()), key=lambda o: o.opens)


def _day_words(ahead, day):
    if ahead == 0:
        return ""
    if ahead == 1:
        return "あした "
    return f"{WEEKDAYS[day.weekday()]}｜曜《よう》 "


def closings(text: str) -> tuple[Closing, ...]:
    """Read 「12/29-1/3, 8/13-8/15」; what does not read as dates is a note for people only."""
    found = []
    for part in text.replace("、", ",").split(","):
        try:
            begins, ends = (tuple(map(int, side.split("/"))) for side in part.strip().split("-"))
            date(2024, *begins), date(2024, *ends)
        except (ValueError, TypeError):
            continue
        found.append(Closing(begins, ends))
    return tuple(found)
