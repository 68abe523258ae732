"""Signed tickets inside help requests that wait on a tablet: which student, which form.

A ticket gives no access: with it one form can be delivered, by whoever opens the portal next,
for fourteen days.
"""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.core import clock, signed_tokens

SALT = "helpline.ticket"
VALID_FOR = timedelta(days=14)


class BadHelpTicket(Exception):
    """Not signed by this portal, altered, or older than fourteen days."""


def issue_ticket(student_id, form_key):
    """The ticket for one opening of the form, now."""
    now = int(clock.now().timestamp() * 1000)
    return signed_tokens.sign_token(SALT, f"{student_id.hex}{form_key.hex}{now:x}")


def read_ticket(text):
    """(student id, form key, when it was issued) of a ticket. Raises BadHelpTicket.

    An old ticket without a time counts as very old.
    """
    packed = signed_tokens.read_token(SALT, text, VALID_FOR)
    if packed is None:
        raise BadHelpTicket("This ticket is not one of ours, or is too old.")
    issued_at = datetime.fromtimestamp(int(packed[64:] or "0", 16) / 1000, UTC)
    return UUID(packed[:32]), UUID(packed[32:64]), issued_at
