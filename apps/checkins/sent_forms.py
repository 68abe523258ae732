"""Remembers the form a session has just sent, so that the next page shows its answers once.

The form carries a token for the page after it, bound to its student and session; nothing is stored
while it is sent. On a tablet left open the next child sees thanks, and nothing more.
"""

from uuid import UUID

from django.urls import reverse
from django.utils.http import urlencode

from apps.core import signed_tokens

SESSION_KEY = "checkins.thanked"  # session key: the last forms whose answers were shown
MAX_REMEMBERED = 8
QUERY_PARAMETER = "form"


def done_url(request, student, client_key: UUID) -> str:
    """URL of the page after this form is sent, in this session."""
    token = signed_tokens.sign_token(_purpose(request, student), client_key.hex)
    return f"{reverse('checkins:done')}?{urlencode({QUERY_PARAMETER: token})}"


def take_sent_form(request, student) -> UUID | None:
    """The form this session has just sent; None if there is none or it was taken before."""
    token = request.GET.get(QUERY_PARAMETER, "")
    form = signed_tokens.read_token(_purpose(request, student), token)
    shown = request.session.get(SESSION_KEY, [])
    if form is None or form in shown:
        return None
    request.session[SESSION_KEY] = [*shown, form][-MAX_REMEMBERED:]
    return UUID(form)


def _purpose(request, student):
    return f"{SESSION_KEY}|{student.pk}|{request.session.session_key}"
