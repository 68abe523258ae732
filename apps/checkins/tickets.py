"""Signed tickets inside encrypted answers: which student, questions and form, and when opened.

A ticket gives no access: with it one form's answers can be delivered, by whoever opens the
portal next, for fourteen days. It holds the student's key id too, so that what was written before
a withdrawal is never stored under a later consent.
"""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from apps.core import clock

SALT = b"checkins.ticket"
VALID_FOR = timedelta(days=14)
UUID_BYTES, TIME_BYTES = 16, 8


class BadCheckInTicket(Exception):
    """Not signed by this portal, altered, or older than fourteen days."""


@dataclass(frozen=True)
class Ticket:
    """What was known when the form was opened."""

    student_id: UUID
    user_id: UUID
    key_id: UUID
    question_set_id: UUID
    client_key: UUID
    opened_at: datetime | None = None  # set by issue_ticket, in milliseconds


FIELD_NAMES = tuple(name for name in Ticket.__dataclass_fields__ if name != "opened_at")
_SIGNED_BYTES = len(FIELD_NAMES) * UUID_BYTES + TIME_BYTES


def issue_ticket(ticket):
    """The Ticket as signed text: ids ‖ time ‖ HMAC-SHA256, base64url. The time of opening is now.

    Not django.core.signing: it derives its key for every ticket, and a morning has thousands.
    """
    now_ms = int(clock.now().timestamp() * 1000)
    signed = b"".join(getattr(ticket, name).bytes for name in FIELD_NAMES)
    signed += now_ms.to_bytes(TIME_BYTES, "big")
    return base64.urlsafe_b64encode(signed + _mac(settings.SECRET_KEY, signed)).decode()


def read_ticket(text):
    """The Ticket of signed text. Raises BadCheckInTicket."""
    try:
        raw = base64.urlsafe_b64decode(text)
    except ValueError as error:
        raise BadCheckInTicket("This is no ticket.") from error
    signed, mac = raw[:_SIGNED_BYTES], raw[_SIGNED_BYTES:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(_mac(key, signed), mac) for key in keys):
        raise BadCheckInTicket("This ticket is not one of ours.")
    opened_at = datetime.fromtimestamp(int.from_bytes(signed[-TIME_BYTES:], "big") / 1000, UTC)
    if clock.now() - opened_at > VALID_FOR:
        raise BadCheckInTicket("This ticket is too old.")
    places = range(0, len(FIELD_NAMES) * UUID_BYTES, UUID_BYTES)
    return Ticket(*[UUID(bytes=signed[n : n + UUID_BYTES]) for n in places], opened_at=opened_at)


def _mac(secret, signed):
    return hmac.digest(_key(secret), signed, "sha256")


@lru_cache(maxsize=8)
def _key(secret):
    """The key for tickets, derived from a secret of the settings (HMAC-SHA256 of our salt)."""
    return hmac.digest(secret.encode(), SALT, "sha256")
