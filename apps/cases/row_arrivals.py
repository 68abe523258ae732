"""When a student's rows arrived, and whether a rule has opened all of them. Pure.

A row bears the time at which its transaction began to write it. Where two transactions overlap the
earlier row may appear last, so the newest time alone does not say that nothing is new: the rows of
the hour before it are counted as well.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

COMMITTED_WITHIN = timedelta(hours=1)  # no transaction that writes rows is longer


@dataclass(frozen=True)
class SeenRows:
    """What a rule had before it: when the newest row arrived, and how many in the hour before."""

    newest_at: datetime
    n: int


def rows_seen(arrivals: Mapping[datetime, int]) -> SeenRows:
    """The SeenRows of a student of whom ``arrivals`` ({time: number of rows}) are known."""
    newest_at = max(arrivals)
    return SeenRows(newest_at, _count_until(arrivals, newest_at))


def has_news(arrivals: Mapping[datetime, int], seen: SeenRows | None) -> bool:
    """Whether ``arrivals`` hold a row that was not there when the rule saw ``seen`` (None: never)."""
    if seen is None or max(arrivals) > seen.newest_at:
        return True
    return _count_until(arrivals, seen.newest_at) > seen.n


def _count_until(arrivals, newest_at):
    since = newest_at - COMMITTED_WITHIN
    return sum(n for at, n in arrivals.items() if since < at <= newest_at)
