"""A reason given for opening something: it lasts a quarter of an hour in the session.

So a page with opened content is a GET, which a reload does not send again as a form. Who shows it
records every look all the same.
"""

from django.http import HttpRequest

from apps.core import clock

LASTS_S = 15 * 60
IN_SESSION = "reasons_given"


def grant(request: HttpRequest, place: str, reason: str) -> None:
    """Remember that this person gave ``reason`` for opening ``place`` (a name of the thing)."""
    now = clock.now().timestamp()
    given = request.session.get(IN_SESSION, {})
    kept = {name: one for name, one in given.items() if one[1] > now}
    request.session[IN_SESSION] = {**kept, place: [str(reason), now + LASTS_S]}


def granted(request: HttpRequest, place: str) -> str | None:
    """The reason given for ``place`` while it lasts, else None."""
    reason, until = request.session.get(IN_SESSION, {}).get(place, (None, 0))
    return reason if until > clock.now().timestamp() else None
