"""Japan's time zone: of every date and hour that people read or write. Pure: no Django."""

import zoneinfo
from datetime import date, datetime, time

JST = zoneinfo.ZoneInfo("Asia/Tokyo")


def midnight(day: date) -> datetime:
    """When a day begins in Japan."""
    return datetime.combine(day, time.min, JST)
