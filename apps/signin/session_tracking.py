"""Records each sign-in, so that its owner can see it until the sign-out."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out

from apps.people.account_kinds import fetch_group
from apps.people.languages import speaking_to
from apps.signin.pin_first import is_pin_missing
from apps.signin.security_signals import sign_in_method
from apps.signin.services import session_endings, sessions
from apps.signin.words import session_ended_message


def connect() -> None:
    """Connect the receivers; called once, after ``session_lifetime`` and ``security_signals``."""
    user_logged_in.connect(note_sign_in, dispatch_uid="signin.session_trail.in")
    user_logged_out.connect(note_sign_out, dispatch_uid="signin.session_trail.out")


def note_sign_in(sender, request, user, **kwargs) -> None:
    """Record the sign-in and show what staff ended before it (receives ``user_logged_in``)."""
    sessions.begin_session(request, user, sign_in_method(request.session))
    if hasattr(request, "_messages") and not is_pin_missing(request):
        announce_endings(request, user)  # else there is nobody to show it to: later


def announce_endings(request, user) -> None:
    """Show once what staff ended: to who may be told, a student only after the PIN."""
    is_student = fetch_group(user) == "student"
    with speaking_to(user):  # the page began in a visitor's language
        for ending in session_endings.take_unannounced_endings(user):
            messages.warning(request, session_ended_message(ending, is_student=is_student))


def note_sign_out(sender, request, user, **kwargs) -> None:
    """Delete the record of the sign-in (receives ``user_logged_out``)."""
    if user is not None:
        sessions.delete_session_row(request.session.session_key)


class SessionTrackingMiddleware:
    """Updates the record when the session gets another key."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        is_known = settings.SESSION_COOKIE_NAME in request.COOKIES or request.session.modified
        if (
            is_known
            and sessions.SESSION_ID_KEY in request.session
            and request.user.is_authenticated
        ):
            sessions.update_session_key(request.session, request.user)
        return response
