"""The current request, and the network it came from (never one household's address)."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest

from apps.core.client_address import network_of

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)


@contextmanager
def bind_request(request: HttpRequest):
    """While the block runs this is the current request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def current_request() -> HttpRequest | None:
    """The request being served by this thread, or None (a task, a command)."""
    return _request.get()


def current_network() -> str:
    """The network of the current request; "" where there is none."""
    request = _request.get()
    return network_of(request) if request is not None else ""
