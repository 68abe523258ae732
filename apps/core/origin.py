"""From where the request of now comes: a network, never an address of one household."""

import ipaddress
from contextlib import contextmanager
from contextvars import ContextVar

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
PREFIX = {4: 24, 6: 48}


def shortened(address: str) -> str:
    """The network (/24, or /48 of IPv6) of an IP address as text; "" for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, PREFIX[found.version]), strict=False))


@contextmanager
def serving(request: HttpRequest):
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
    if request is None:
        return ""
    try:
        return shortened(get_adapter().get_client_ip(request))
    except PermissionDenied:  # the proxies did not say
        return ""
