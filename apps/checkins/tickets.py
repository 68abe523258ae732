"""The signed ticket inside a sealed answer: who answered which questions, on which form, since when.

It gives no access to anything: with it one form's answers can be brought, by whoever opens the
portal next, for fourteen days. It names the student's key too, so that what was written before
a withdrawal is never kept under a later agreement.
"""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner, b62_decode

SALT = "checkins.ticket"
VALID_FOR = timedelta(days=14)
UUID_BYTES = 16


class BadTicket(Exception):
    """Not signed by this portal, changed, or older than fourteen days."""


@dataclass(frozen=True)
class Ticket:
    """What the server knew when the form was opened."""

    municipality_id: UUID
    student_id: UUID
    user_id: UUID
    key_id: UUID
    question_set_id: UUID
    client_key: UUID
    opened_at: datetime | None = None  # read from the signature's own time


NAMES = tuple(name for name in Ticket.__dataclass_fields__ if name != "opened_at")


def issue(ticket):
    """The Ticket as signed text; the time of opening is now."""
    packed = b"".join(getattr(ticket, name).bytes for name in NAMES)
    return TimestampSigner(salt=SALT).sign(base64.urlsafe_b64encode(packed).decode())


def read(text):
    """The Ticket of signed text. Raises BadTicket."""
    try:
        packed = TimestampSigner(salt=SALT).unsign(text, max_age=VALID_FOR)
        raw = base64.urlsafe_b64decode(packed)
        parts = [UUID(bytes=raw[n : n + UUID_BYTES]) for n in range(0, len(raw), UUID_BYTES)]
        opened_at = datetime.fromtimestamp(b62_decode(text.split(":")[1]), UTC)
        return Ticket(*parts, opened_at=opened_at)
    except (BadSignature, ValueError, TypeError) as error:
        raise BadTicket("This ticket is not one of ours, or is too old.") from error
