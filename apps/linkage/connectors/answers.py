"""The answer of a server that is not ours: never larger or slower than can be borne. Pure.

What an answer holds never enters an error: it may be somebody's.
"""

import json
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from apps.linkage.connectors.contract import FormatError, TransientError

MOST_BYTES = 20_000_000
MOST_SECONDS = 30  # for one answer, however slowly it drips
MOST_DIGITS = 40
MOST_WAIT_S = 24 * 3600
LATER = "あとで もう一度 ためします。"


def body_of(answer, who, most_bytes=None):
    """The body (bytes) of a streamed requests.Response of ``who`` (a name for people).

    Raises FormatError where it is larger than ``most_bytes`` (MOST_BYTES where not given),
    TransientError where it drips.
    """
    most_bytes = most_bytes or MOST_BYTES
    body, deadline = bytearray(), time.monotonic() + MOST_SECONDS
    for part in answer.iter_content(65_536):
        body += part
        if len(body) > most_bytes:
            raise FormatError(f"{who}の 答えが 大きすぎます。")
        if time.monotonic() > deadline:
            raise TransientError(f"{who}の 答えが おそすぎます。{LATER}")
    return bytes(body)


def json_of(body, who):
    """What a JSON body says. Raises FormatError."""
    try:
        return json.loads(body, parse_int=_whole)
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{who}の 答えが JSON では ありません。") from error


def _whole(digits):
    """An int; one of absurdly many digits, which Python refuses to read, becomes a float."""
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def retry_after(text, now=None):
    """Whole seconds of a Retry-After, in seconds or as a date (RFC 9110, 10.2.3); None: not said.

    A day at most. ``now`` is aware; the clock where it is not given.
    """
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), MOST_WAIT_S)
    try:
        wait = (parsedate_to_datetime(text) - (now or datetime.now(UTC))).total_seconds()
    except (TypeError, ValueError):
        return None
    return max(0, min(int(wait), MOST_WAIT_S))
