"""What a push service's answer means for the bell. Pure.

RFC 8030 sections 5 and 7.3 (gone), 8.4 (slow down); WNS throttles with 406; any 401/403 is a
fault of ours (the VAPID token), never a reason to drop a person's device.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import Enum

MAX_WAIT_S = 3600
BASE_WAIT_S = 15


class Meaning(Enum):
    ACCEPTED = "accepted"
    GONE = "gone"
    LATER = "later"
    OURS = "ours"
    FINAL = "final"


@dataclass(frozen=True)
class Verdict:
    """The meaning, and for LATER and OURS how many seconds to wait."""

    meaning: Meaning
    wait_s: int = 0


def verdict(status, *, attempts, retry_after=None, now=None):
    """The Verdict on an HTTP status (None: no answer came).

    ``attempts`` counts this one; ``retry_after`` is the header's text (seconds or an HTTP date).
    """
    if status in (200, 201, 202, 204):
        return Verdict(Meaning.ACCEPTED)
    if status in (404, 410):
        return Verdict(Meaning.GONE)
    if status in (401, 403):
        return Verdict(Meaning.OURS, MAX_WAIT_S // 12)
    if status in (406, 429) or status is None or status >= 500:
        return Verdict(Meaning.LATER, _wait(retry_after, attempts, now))
    return Verdict(Meaning.FINAL)  # other 4xx, and 3xx: a redirect is never followed


def _wait(retry_after, attempts, now):
    asked = _seconds(retry_after, now)
    return min(asked if asked is not None else BASE_WAIT_S * 2**attempts, MAX_WAIT_S)


def _seconds(text, now):
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    now = now or datetime.now(at.tzinfo)
    return max(0, round((at - now).total_seconds()))
