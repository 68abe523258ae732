"""From where the request of now comes: a network, never an address of one household."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest

from apps.core.client_address import network_of

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def bind_request(request: HttpRequest):
    """While the block runs this request is the one of now."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_request() -> HttpRequest | None:
    """The request being served by this thread, or None (a task, a command)."""
    return _request.get()


def current_network() -> str:
    """The network from which the request of now comes; "" where there is none."""
    request = _request.get()
    return network_of(request) if request is not None else ""
