"""A reason given for opening something, kept in the session for a quarter of an hour.

So a page with opened content is a GET, which a reload does not send again as a form. The page still
audits every access.
"""

from django.http import HttpRequest

from apps.core import clock

VALID_FOR_S = 15 * 60
SESSION_KEY = "reasons_given"


def grant_reason(request: HttpRequest, place: str, reason: str) -> None:
    """Remember that this person gave ``reason`` for opening ``place`` (a name of the thing)."""
    now = clock.now().timestamp()
    given = request.session.get(SESSION_KEY, {})
    valid = {name: one for name, one in given.items() if one[1] > now}
    request.session[SESSION_KEY] = {**valid, place: [str(reason), now + VALID_FOR_S]}


def granted_reason(request: HttpRequest, place: str) -> str | None:
    """The reason given for ``place`` while it lasts, else None."""
    reason, until = request.session.get(SESSION_KEY, {}).get(place, (None, 0))
    return reason if until > clock.now().timestamp() else None
