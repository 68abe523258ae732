"""What the rules had before them when they last opened a student's rows. Pure.

A row bears the time at which its transaction began to write it. Where two transactions overlap the
earlier row may appear last, so the newest time alone does not say that nothing is new: the rows of
the hour before it are counted as well (cases.services.arrivals).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

COMMITTED_WITHIN = timedelta(hours=1)  # no transaction that writes rows is longer


@dataclass(frozen=True)
class SeenRows:
    """What a rule had before it: when the newest row arrived, and how many in the hour before."""

    newest_at: datetime
    n: int
