"""Signing out: the session, the browser's push subscription and its cached data."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from apps.push.services import broadcasts as push

HEADER = "Clear-Site-Data"


def sign_out(request: HttpRequest) -> None:
    """End the session and the browser's push subscription."""
    end_push_subscription(request)
    logout(request)


def end_push_subscription(request: HttpRequest) -> None:
    """End the push subscription, so that the next user of this browser gets no message of this one."""
    device = request.session.get(push.DEVICE_SESSION_KEY)
    if request.user.is_authenticated and device:
        push.sign_out_device(request.user, device)


def clear_browser_data(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Have the browser delete its cached pages.

    Storage is cleared only where the page says that no encrypted answer waits in it: those would be
    lost.
    """
    is_empty = request.POST.get("queue") == "empty"
    response[HEADER] = '"cache", "storage"' if is_empty else '"cache"'
    return response
