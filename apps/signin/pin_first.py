"""A session begun with a school's account opens nothing of a student's before the PIN was typed.

Whoever administers the school's accounts can sign in as any student there, and must not become the
student here: everything but public pages waits for the PIN, which only the student knows. With the
PIN typed once, the session is as good as one begun with the card.
"""

from collections.abc import Callable

from django.contrib.auth import BACKEND_SESSION_KEY
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from apps.people.pin_reauthentication import reauthentication_url
from apps.signin.backends import BACKEND_PATHS
from apps.signin.sign_in_methods import SignInMethod

BACKENDS_WITHOUT_PIN = frozenset(
    BACKEND_PATHS[method] for method in (SignInMethod.SCHOOL_ACCOUNT, SignInMethod.LTI)
)
TYPED_KEY = "signin.pin_typed"  # in the session: the id of the student who typed the PIN in it
PIN_FIRST = _("先に、暗証番号を入れてください。")
# Public pages that are about the student who is signed in, or write in their name.
GUARDED_PUBLIC = {"helpdesk:ask", "portal:home"}
# Open before the PIN, besides the public pages: typing it.
OPEN_BEFORE_PIN = {"signin:prove"}


def was_begun_with_card(request: HttpRequest) -> bool:
    """Whether this session was begun with the student's card."""
    return request.session.get(BACKEND_SESSION_KEY) == BACKEND_PATHS[SignInMethod.CARD]


def is_pin_missing(request: HttpRequest) -> bool:
    """Whether this session still has to prove by the PIN that the student is there."""
    if request.session.get(BACKEND_SESSION_KEY) not in BACKENDS_WITHOUT_PIN:
        return False
    return request.session.get(TYPED_KEY) != str(request.user.pk)


def mark_pin_typed(request: HttpRequest) -> None:
    """Note that the student has typed the right PIN in this session."""
    if request.session.get(BACKEND_SESSION_KEY) in BACKENDS_WITHOUT_PIN:
        request.session[TYPED_KEY] = str(request.user.pk)


class PinFirstMiddleware:
    """Checks before the view runs, so that nothing is shown or written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """None to continue, else a redirect to the PIN. Raises PermissionDenied for a script."""
        name = request.resolver_match.view_name or ""
        is_public = not getattr(view, "login_required", True) and name not in GUARDED_PUBLIC
        if is_public or name in OPEN_BEFORE_PIN or not request.user.is_authenticated:
            return None
        if not is_pin_missing(request):
            return None
        if request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate":
            raise PermissionDenied(PIN_FIRST)
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
        return redirect(reauthentication_url(request.session, back))
