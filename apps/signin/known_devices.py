"""A sealed cookie with the accounts that have signed in on this device.

It grants nothing. It only keeps an attacker's failed attempts from blocking the owner's own device.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

COOKIE_NAME = "devices"
LIFETIME_S = 180 * 24 * 60 * 60  # since the last sign-in on the device
MAX_ACCOUNTS = 6  # per device


def known_device_id(request: HttpRequest, address: str) -> str:
    """The id of this device for the account of a mail address; "" where it is unknown."""
    return _entries(request).get(account_tag(address), "")


def remember_device(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Remember this device for a user who has just signed in."""
    entries = _entries(request)
    name = entries.pop(account_tag(address), "") or secrets.token_urlsafe(12)
    newest = dict([*entries.items(), (account_tag(address), name)][-MAX_ACCOUNTS:])
    sealed_cookies.set_cookie(
        response, COOKIE_NAME, sealed_cookies.seal(COOKIE_NAME, json.dumps(newest)), LIFETIME_S
    )


def accounts_known(request: HttpRequest, addresses: Iterable[str]) -> set[str]:
    """Which of these mail addresses have signed in on this device."""
    entries = _entries(request)
    return {each for each in addresses if entries and account_tag(each) in entries}


def _entries(request):
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    try:
        return dict(json.loads(sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S)))
    except ValueError:  # no cookie, a forged one, or an expired one
        return {}


def account_tag(address: str) -> str:
    """The digest by which the cookie knows an account."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]
