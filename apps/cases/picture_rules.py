"""A student's own days and weeks as small pictures: where each thing stands. Pure: no Django.

A day without data is drawn as such: it is neither a good day nor a bad one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

CELL, HEAD, LEFT = 44, 26, 52  # pixels: a day, the names of the days, the dates of the weeks
BAR, BAR_STEP, BAR_HEIGHT = 36, 60, 90
WEEK = 7
PADDING = 4


@dataclass(frozen=True)
class DayFact:
    """What is drawn of one day: a symbol's name or a letter, a tone, and the same in words."""

    words: str = field(repr=False)
    symbol: str = field(default="", repr=False)
    letter: str = field(default="", repr=False)
    tone: str = field(default="plain", repr=False)


@dataclass(frozen=True)
class DayCell:
    """One square of the calendar."""

    on: date
    x: int
    y: int
    fact: DayFact | None = field(repr=False)
    is_school_day: bool


@dataclass(frozen=True)
class DayGrid:
    """A calendar, a row a week from Monday on; ``weeks`` are [(its Monday, y)]."""

    cells: list[DayCell] = field(repr=False)
    weeks: list[tuple[date, int]]
    width: int
    height: int


@dataclass(frozen=True)
class WeekBar:
    """One week's bar: ``n`` is None where it is not known yet."""

    monday: date
    n: int | None = field(repr=False)
    x: int
    y: int
    height: int


@dataclass(frozen=True)
class WeekBars:
    """Bars of weeks, the oldest first."""

    bars: list[WeekBar] = field(repr=False)
    width: int
    height: int


def day_grid(
    facts: Mapping[date, DayFact], today: date, days: int, school_days: Mapping[date, bool]
) -> DayGrid:
    """The calendar of the last ``days`` days, in whole weeks, until today."""
    first = today - timedelta(days=days - 1)
    monday = first - timedelta(days=first.weekday())
    weeks = [monday + timedelta(days=WEEK * n) for n in range((today - monday).days // WEEK + 1)]
    cells = [
        DayCell(
            on, LEFT + n * CELL + PADDING, HEAD + row * CELL + PADDING, facts.get(on),
            school_days.get(on, True),
        )
        for row, start in enumerate(weeks)
        for n in range(WEEK)
        if first <= (on := start + timedelta(days=n)) <= today
    ]  # fmt: skip
    rows = [(start, HEAD + row * CELL) for row, start in enumerate(weeks)]
    width, height = LEFT + WEEK * CELL + PADDING, HEAD + len(weeks) * CELL + PADDING
    return DayGrid(cells, rows, width, height)


def week_bars(
    counts: Mapping[date, int], mondays: Sequence[date], known_until: date | None
) -> WeekBars:
    """A bar a week; a week that no source has told to its first day is not known."""
    most = max([1, *counts.values()])
    bars = []
    for place, monday in enumerate(mondays):
        is_known = monday in counts or known_until is not None and known_until >= monday
        n = counts.get(monday, 0) if is_known else None
        height = round((n or 0) / most * BAR_HEIGHT)
        bars.append(WeekBar(monday, n, place * BAR_STEP + 12, 20 + BAR_HEIGHT - height, height))
    return WeekBars(bars, len(mondays) * BAR_STEP, BAR_HEIGHT + 48)


def last_mondays(today: date, n: int) -> list[date]:
    """The Mondays of the last ``n`` weeks, this one included, the oldest first."""
    this = today - timedelta(days=today.weekday())
    return [this - timedelta(days=WEEK * back) for back in range(n - 1, -1, -1)]
