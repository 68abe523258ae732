"""The page of a request that was refused with 400, with what happened."""

from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse
from django.template import loader


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Says that nothing was read; where the session ended meanwhile, that it did.

    A session may end in another tab, or by the helpdesk, while a request is answered: what was sent
    may then be stored already.
    """
    has_ended = isinstance(exception, SessionInterrupted)
    template = loader.get_template("session_ended.html" if has_ended else "400.html")
    return HttpResponse(template.render(), status=400)
