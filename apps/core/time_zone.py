"""Japan's time zone, of every date and hour that people read or write, and moments as numbers.

Pure: no Django.
"""

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

JST = zoneinfo.ZoneInfo("Asia/Tokyo")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def midnight(day: date) -> datetime:
    """When a day begins in Japan."""
    return datetime.combine(day, time.min, JST)


def microseconds(moment: datetime) -> int:
    """A moment in microseconds of the epoch: whole, as the chains hash it."""
    return (moment - EPOCH) // timedelta(microseconds=1)
