"""A card's or a letter's code between the address that brought it and the page that uses it.

It travels in a sealed cookie of the browser that brought it: nothing is stored here for whoever
only follows an address, and no dump of ours holds a code that was half typed.
"""

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.core import clock

CARD, LETTER = "card", "letter"
LASTS_S = {CARD: 15 * 60, LETTER: 2 * 60 * 60}  # an account is made with a letter: mail takes time
_SALT = b"signin.carried_codes."


def keep(response: HttpResponse, name: str, code: str) -> None:
    """Send ``code`` (already in its normal form) along; ``name`` is CARD or LETTER."""
    now = int(clock.now().timestamp())
    sealed = _box(name, *_secrets()).encrypt_at_time(code.encode(), now).decode()
    response.set_cookie(
        _cookie(name), sealed, max_age=LASTS_S[name], httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip


def code_in(request: HttpRequest, name: str) -> str:
    """The code that this browser brought, or "" where there is none, or it has had its time."""
    sealed = request.COOKIES.get(_cookie(name), "")
    now = int(clock.now().timestamp())
    try:
        opened = _box(name, *_secrets()).decrypt_at_time(
            sealed.encode("ascii", "replace"), LASTS_S[name], now
        )
    except InvalidToken:
        return ""
    return opened.decode()


def drop(response: HttpResponse, name: str) -> None:
    """Take the code out of the browser again."""
    response.delete_cookie(_cookie(name), samesite="Lax")


def _cookie(name):
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def _secrets():
    return settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS


@lru_cache(maxsize=8)
def _box(name, *secrets):
    """Seals for this purpose alone: a card's code cannot be brought as a letter's."""
    keys = (hmac.digest(secret.encode(), _SALT + name.encode(), "sha256") for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
