"""The signed ticket inside a wish that waits on a tablet: whose it is, and which form.

It gives no access to anything: with it one form can be brought, by whoever opens the portal next,
for fourteen days.
"""

from datetime import timedelta
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner

SALT = "helpline.ticket"
VALID_FOR = timedelta(days=14)


class BadTicket(Exception):
    """Not signed by this portal, changed, or older than fourteen days."""


def issue(student_id, form_key):
    """The ticket for one opening of the form."""
    return TimestampSigner(salt=SALT).sign(f"{student_id.hex}{form_key.hex}")


def read(text):
    """(student id, form key) of a ticket. Raises BadTicket."""
    try:
        packed = TimestampSigner(salt=SALT).unsign(text, max_age=VALID_FOR)
        return UUID(packed[:32]), UUID(packed[32:])
    except (BadSignature, ValueError, TypeError) as error:
        raise BadTicket("This ticket is not one of ours, or is too old.") from error
