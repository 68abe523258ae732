"""The client address of a request, as limits count it."""

import ipaddress

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from apps.core.log_formats import network_prefix

HOUSEHOLD_PREFIX = {4: 32, 6: 64}


def address_of(request: HttpRequest) -> str:
    """The address (of IPv6 its /64: one household has all of that); "" where none is known."""
    try:
        found = ipaddress.ip_address(_client_address(request).partition("%")[0])
    except ValueError:
        return ""
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, HOUSEHOLD_PREFIX[found.version]), strict=False))


def network_of(request: HttpRequest) -> str:
    """The network around it (/24, of IPv6 /48); "" where none is known."""
    return network_prefix(_client_address(request))


def _client_address(request):
    try:
        return get_adapter().get_client_ip(request)
    except PermissionDenied:  # the proxies did not pass it on
        return ""
