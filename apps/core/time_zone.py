"""Japan's time zone: of every date and hour that people read or write. Pure: no Django."""

import zoneinfo

JST = zoneinfo.ZoneInfo("Asia/Tokyo")
