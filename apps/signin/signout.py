"""Signing out, at whichever address: the session, this browser's bell, and what the browser kept."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from apps.push.services import broadcasts as push

HEADER = "Clear-Site-Data"


def sign_out(request: HttpRequest) -> None:
    """End the session, and this browser's bell with it."""
    end_push_subscription(request)
    logout(request)


def end_push_subscription(request: HttpRequest) -> None:
    """Whoever uses this browser next hears nothing that is meant for who is signed in now."""
    device = request.session.get(push.DEVICE_SESSION_KEY)
    if request.user.is_authenticated and device:
        push.sign_out_device(request.user, device)


def clear_browser_data(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The answer, at which the browser forgets the pages it has seen.

    Storage is cleared where the page says that no sealed answer waits in it: clearing it would
    destroy them, and nobody who comes next can read them.
    """
    is_empty = request.POST.get("queue") == "empty"
    response[HEADER] = '"cache", "storage"' if is_empty else '"cache"'
    return response
