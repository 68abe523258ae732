"""Whose form was just sent: the page after sending tells of the answers once, to that session.

The form carries a token for the page after it, bound to its student and session; nothing is kept
while it is sent. A tablet left open says thanks to the next child, and nothing more.
"""

from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils.http import urlencode

SESSION_KEY = "checkins.thanked"  # in the session: the last forms whose answers were told
MAX_REMEMBERED = 8
QUERY_PARAMETER = "form"


def done_url(request, student, client_key: UUID) -> str:
    """The page after this form is sent, in this session."""
    token = _signer(request, student).sign(client_key.hex)
    return f"{reverse('checkins:done')}?{urlencode({QUERY_PARAMETER: token})}"


def take_sent_form(request, student) -> UUID | None:
    """The form that this session has just sent; None without one, and from the second time on."""
    try:
        form = _signer(request, student).unsign(request.GET.get(QUERY_PARAMETER, ""))
    except signing.BadSignature:
        return None
    shown = request.session.get(SESSION_KEY, [])
    if form in shown:
        return None
    request.session[SESSION_KEY] = [*shown, form][-MAX_REMEMBERED:]
    return UUID(form)


def _signer(request, student):
    return signing.Signer(salt=f"{SESSION_KEY}|{student.pk}|{request.session.session_key}")
