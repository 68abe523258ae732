"""A student's own trend, and its points on a chart. Pure: no Django.

Nothing here is a score: a student is compared only with their own earlier days, and answers to
different versions of the questions are not compared at all.
"""

from dataclasses import dataclass
from datetime import date

FEW, APART, STEADY, LIGHTER, LOWER, HEAVIER = (
    "few", "apart", "steady", "lighter", "lower", "heavier",
)  # fmt: skip
MIN_POINTS = 4  # answers, so that both halves have two
HARD_VALUE = 1  # a day with this value or less is a hard day
MIN_HARD_DAYS = 2  # one hard day among good ones is no increase of hard days
TREND_STEP = 0.75  # of one choice: less is ordinary variation


@dataclass(frozen=True, order=True)
class AnswerPoint:
    """One answer: its day, the version of the questions, and the value (higher feels better)."""

    on: date
    version: int
    value: int


def trend(points):
    """FEW, APART, STEADY, LIGHTER, LOWER or HEAVIER: the later half against the earlier.

    A middle day belongs to neither half. HEAVIER only where hard days, at least two, increased;
    who feels worse otherwise is LOWER.
    """
    points = sorted(points)
    if len({point.version for point in points}) > 1:
        return APART
    if len(points) < MIN_POINTS:
        return FEW
    half = len(points) // 2
    earlier, later = points[:half], points[-half:]
    change = _mean(later) - _mean(earlier)
    if abs(change) < TREND_STEP:
        return STEADY
    if change > 0:
        return LIGHTER
    n_hard = _n_hard(later)
    return HEAVIER if n_hard >= MIN_HARD_DAYS and n_hard > _n_hard(earlier) else LOWER


def _n_hard(points):
    return sum(point.value <= HARD_VALUE for point in points)


def _mean(points):
    return sum(point.value for point in points) / len(points)


class CannotCompare(ValueError):
    """Two answers to different versions of the questions."""


def score_difference(earlier, later):
    """later − earlier of two AnswerPoints. Raises CannotCompare across versions."""
    if earlier.version != later.version:
        raise CannotCompare("answers to different versions are not compared")
    return later.value - earlier.value


def who5_percent(answers):
    """WHO-5 of {item: 0–5}: the raw sum (0–25) times 4, or None unless all five are answered.

    WHO (1998), scoring rule of the five well-being items; a low value is a reason to talk, not
    a finding.
    """
    values = [answers.get(f"item{n}") for n in range(1, 6)]
    if any(value not in range(6) for value in values):
        return None
    return sum(values) * 4


@dataclass(frozen=True)
class ChartPoint:
    """A point in chart coordinates."""

    x: int
    y: int


def chart_lines(points, *, first, days, top, width, height):
    """The points as runs of ChartPoints to connect, in a chart of ``width`` × ``height``.

    ``first`` is the first of ``days`` days, ``top`` the highest value. A run ends where the
    version changes: what cannot be compared is not connected.
    """
    runs, last = [], None
    for point in sorted(points):
        if last is None or last.version != point.version:
            runs.append([])
        x = round((point.on - first).days / max(days - 1, 1) * width)
        runs[-1].append(ChartPoint(x, round((1 - point.value / top) * height)))
        last = point
    return runs
