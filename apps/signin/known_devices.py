"""Which devices have signed in to an account before: one sealed cookie, one entry an account.

It opens nothing. It only keeps whoever attacks an account from shutting its owner's own device out.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

COOKIE_NAME = "devices"
LIFETIME_S = 180 * 24 * 60 * 60  # since the last sign-in on it
MAX_ACCOUNTS = 6  # of one device


def known_device_id(request: HttpRequest, address: str) -> str:
    """The name of this device for the account of a mail address; "" where it is not known."""
    return _entries(request).get(_tag(address), "")


def remember_device(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Know this device again: its person has just signed in."""
    entries = _entries(request)
    name = entries.pop(_tag(address), "") or secrets.token_urlsafe(12)
    newest = dict([*entries.items(), (_tag(address), name)][-MAX_ACCOUNTS:])
    sealed_cookies.set_cookie(
        response, COOKIE_NAME, sealed_cookies.seal(COOKIE_NAME, json.dumps(newest)), LIFETIME_S
    )


def accounts_known(request: HttpRequest, addresses: Iterable[str]) -> set[str]:
    """Those of the mail addresses whose accounts have signed in on this device."""
    entries = _entries(request)
    return {each for each in addresses if entries and _tag(each) in entries}


def _entries(request):
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(COOKIE_NAME), "")
    try:
        return dict(json.loads(sealed_cookies.unseal(COOKIE_NAME, sealed, LIFETIME_S)))
    except ValueError:  # none, not ours, or too old
        return {}


def _tag(address):
    return hashlib.sha256(address.encode()).hexdigest()[:16]
