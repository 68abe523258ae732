"""Which devices have signed in to an account before: one sealed cookie, one entry an account.

It opens nothing. It only keeps whoever attacks an account from shutting its owner's own device out.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from apps.signin import sealed_cookies

NAME = "devices"
LASTS_S = 180 * 24 * 60 * 60  # since the last sign-in on it
MOST_ACCOUNTS = 6  # of one device


def known_device(request: HttpRequest, address: str) -> str:
    """The name of this device for the account of a mail address; "" where it is not known."""
    return _entries(request).get(_tag(address), "")


def remember(request: HttpRequest, response: HttpResponse, address: str) -> None:
    """Know this device again: its person has just signed in."""
    entries = _entries(request)
    name = entries.pop(_tag(address), "") or secrets.token_urlsafe(12)
    newest = dict([*entries.items(), (_tag(address), name)][-MOST_ACCOUNTS:])
    sealed_cookies.put(response, NAME, sealed_cookies.seal(NAME, json.dumps(newest)), LASTS_S)


def accounts_known(request: HttpRequest, addresses: Iterable[str]) -> set[str]:
    """Those of the mail addresses whose accounts have signed in on this device."""
    entries = _entries(request)
    return {each for each in addresses if entries and _tag(each) in entries}


def _entries(request):
    sealed = request.COOKIES.get(sealed_cookies.cookie_name(NAME), "")
    try:
        return dict(json.loads(sealed_cookies.opened(NAME, sealed, LASTS_S)))
    except ValueError:  # none, not ours, or too old
        return {}


def _tag(address):
    return hashlib.sha256(address.encode()).hexdigest()[:16]
