"""What a push service's response means for the delivery, the device and the service. Pure.

RFC 8030 sections 5 and 7.3 (gone), 8.4 (slow down); WNS throttles with 406. Apple and FCM say in
the body that a subscription belongs to another VAPID key (RFC 8292, section 4.2); every other
401/403 is a fault of ours, never a reason to drop a person's device.
"""

import json
import random
import re
from dataclasses import dataclass
from enum import Enum

from apps.core.retry_after import retry_after_seconds
from apps.push.circuit_breaker import ServiceCondition

MAX_ATTEMPTS = 6
MAX_RETRY_S = 3600
MAX_FIRST_RETRY_S = 300  # the longest first wait of one device; doubled each time up to MAX_WAIT_S
DEFAULT_THROTTLE_S = 60
WRONG_KEY_MARKERS = ("VapidPkHashMismatch", "does not correspond to the sender")


class DeliveryResult(Enum):
    ACCEPTED = "accepted"
    GONE = "gone"
    KEY_CHANGED = "key_changed"
    LATER = "later"  # to be tried again; counts as an attempt
    NOT_NOW = "not_now"  # a failure of the service, not of this delivery: does not count
    FAILED = "failed"


@dataclass(frozen=True)
class ResponseVerdict:
    """The outcome, what it says about the service, and the seconds to wait for this device.

    ``asked_s`` is the pause the service asked for; it counts if many devices get it.
    """

    meaning: DeliveryResult
    outcome: ServiceCondition
    wait_s: float = 0.0
    requested_wait_s: float = 0.0


def judge_response(status, *, attempts, now, retry_after=None, body="", was=None, n_trouble=0):
    """The ResponseVerdict on an HTTP status (None: no response came).

    ``attempts`` counts this one; ``retry_after`` is the header's text (seconds or an HTTP date),
    ``body`` the beginning of the answer, ``was`` the status of the attempt before, ``n_trouble``
    the device's failures since its last success, ``now`` the database's time.
    """
    if status in (200, 201, 202, 204):
        return ResponseVerdict(DeliveryResult.ACCEPTED, ServiceCondition.GOOD)
    if status in (404, 410):
        return ResponseVerdict(DeliveryResult.GONE, ServiceCondition.GOOD)
    if status in (400, 401, 403) and any(words in body for words in WRONG_KEY_MARKERS):
        return ResponseVerdict(DeliveryResult.KEY_CHANGED, ServiceCondition.GOOD)
    if status in (401, 403):
        wait = _bounded(DEFAULT_THROTTLE_S * 2**n_trouble, n_trouble) if n_trouble else 0.0
        return ResponseVerdict(DeliveryResult.NOT_NOW, ServiceCondition.REFUSED, wait)
    if status in (406, 429):
        wait_s = retry_after_seconds(retry_after, now)
        wait_s = _a_little_more(DEFAULT_THROTTLE_S if wait_s is None else wait_s)
        return ResponseVerdict(
            DeliveryResult.NOT_NOW, ServiceCondition.THROTTLED, _bounded(wait_s, n_trouble), wait_s
        )
    if status is None or status >= 500:
        return _again(attempts, retry_after, now, n_trouble)
    if status == 413 and was != 413:  # once more, in its short form
        return ResponseVerdict(DeliveryResult.LATER, ServiceCondition.GOOD)
    return ResponseVerdict(
        DeliveryResult.FAILED, ServiceCondition.GOOD
    )  # other 4xx; 3xx: a redirect is never followed


def _again(attempts, retry_after, now, n_trouble):
    if attempts >= MAX_ATTEMPTS:
        return ResponseVerdict(DeliveryResult.FAILED, ServiceCondition.TROUBLE)
    wait_s = retry_after_seconds(retry_after, now)
    wait = (
        backoff_seconds(attempts) if wait_s is None else _bounded(_a_little_more(wait_s), n_trouble)
    )
    return ResponseVerdict(DeliveryResult.LATER, ServiceCondition.TROUBLE, wait)


def _bounded(wait_s, n_trouble):
    """The first wait of a delivery: at most five minutes, whatever was asked for."""
    return min(wait_s, MAX_FIRST_RETRY_S * 2 ** min(n_trouble, 6), MAX_RETRY_S)


def _a_little_more(requested_wait_s):
    """What a service asked for and up to a tenth more, since every sender was asked for the same."""
    return min(requested_wait_s * (1 + random.random() / 10), MAX_RETRY_S)  # noqa: S311


def backoff_seconds(attempts):
    """Seconds before the next try: about 2, 8, 32, 128, 512, half of it by chance.

    Six tries span some ten minutes: a restart of a push service loses no message.
    """
    full = min(2 * 4 ** (max(attempts, 1) - 1), MAX_RETRY_S)
    return full / 2 + random.random() * full / 2  # noqa: S311 - jitter is no secret


def extract_error_code(body, hint=""):
    """A short error code out of an error's body or header, or "".

    From its body (Apple: reason, Mozilla: errno), else from ``hint``, the header that WNS uses.
    """
    try:
        answer = json.loads(body)
        word = answer.get("reason") or answer.get("errno") or hint
    except (ValueError, AttributeError, RecursionError):
        word = hint
    return re.sub(r"[^A-Za-z0-9_-]", "", str(word))[:40]
