"""The Retry-After header of other servers (RFC 9110, 10.2.3). Pure."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_SECONDS = 24 * 3600  # longer waits are cut to a day


def retry_after_seconds(text: str | None, now: datetime | None = None) -> int | None:
    """Whole seconds to wait, at most a day; None where the header is missing or invalid.

    The header has seconds or a date. ``now`` is aware; the machine's clock where it is not given.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MAX_SECONDS)
    try:
        at = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, min(math.ceil((at - (now or datetime.now(UTC))).total_seconds()), MAX_SECONDS))
