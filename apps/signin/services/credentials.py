"""Changed credentials: other sessions end, this one continues under a new id.

The signal ``credentials_changed`` sends ``user``, ``change`` (a CredentialChange) and ``request``
(None where somebody else made the change).
"""

from enum import StrEnum

from django.contrib.auth import update_session_auth_hash
from django.db import transaction
from django.db.models import F
from django.dispatch import Signal
from django.http import HttpRequest

from apps.people.models import User


class CredentialChange(StrEnum):
    """What changed."""

    PASSWORD = "password"  # noqa: S105 - the name of a change
    MAIL = "mail"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    RECOVERY_CODES = "recovery_codes"
    FACTORS_RESET = "factors_reset"  # by two members of staff
    POST = "post"  # a post was ended
    CARD = "card"
    PIN = "pin"  # by the student, behind the present PIN
    PIN_RESET = "pin_reset"  # by staff: the student chooses a new PIN
    MYNA = "myna"  # the link with a My Number card
    SESSIONS = "sessions"  # no credential changed: the person ends the other sessions


credentials_changed = Signal()


@transaction.atomic
def end_other_sessions(
    user: User, change: CredentialChange, *, request: HttpRequest | None = None
) -> None:
    """End every session of this account except that of ``request``, if it is theirs.

    That one continues under a new id, so that a stolen one is useless.
    """
    User.objects.filter(pk=user.pk).update(session_epoch=F("session_epoch") + 1)
    user.refresh_from_db(fields=["session_epoch", "password"])
    if request is not None and request.user.pk == user.pk:
        update_session_auth_hash(request, user)
    credentials_changed.send(sender=User, user=user, change=change, request=request)
