"""A reason given for opening something, kept in the session for a quarter of an hour.

So a page with opened content is a GET, which a reload does not send again as a form. The page still
audits every access. A reason is taken only from a person who proved who they are within the last
quarter of an hour: a computer left open opens nothing new (decision 74).
"""

from django.http import HttpRequest

from apps.core import clock

VALID_FOR_S = PROVED_FOR_S = 15 * 60
SESSION_KEY = "reasons_given"
PROVED_KEY = "proved_at"


class ProofNeeded(Exception):
    """The person has to prove again who they are; ``signin.recent_proof`` asks them."""


def note_proof(session) -> None:
    """Remember that this session's person has just proved who they are."""
    session[PROVED_KEY] = clock.now().timestamp()


def require_recent_proof(request: HttpRequest) -> None:
    """Raises ProofNeeded where the last proof of this session is older than a quarter of an hour."""
    if request.session.get(PROVED_KEY, 0) + PROVED_FOR_S <= clock.now().timestamp():
        raise ProofNeeded


def grant_reason(request: HttpRequest, place: str, reason: str) -> None:
    """Remember that this person gave ``reason`` for opening ``place`` (a name of the thing).

    Raises ProofNeeded.
    """
    require_recent_proof(request)
    now = clock.now().timestamp()
    given = request.session.get(SESSION_KEY, {})
    valid = {name: one for name, one in given.items() if one[1] > now}
    request.session[SESSION_KEY] = {**valid, place: [str(reason), now + VALID_FOR_S]}


def granted_reason(request: HttpRequest, place: str) -> str | None:
    """The reason given for ``place`` while it lasts, else None."""
    reason, until = request.session.get(SESSION_KEY, {}).get(place, (None, 0))
    return reason if until > clock.now().timestamp() else None
