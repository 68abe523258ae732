"""Cookies that only this portal reads and writes, one key for each purpose."""

import base64
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.http import HttpResponse

from apps.core import clock


def seal(name: str, text: str) -> str:
    """``text`` as a cookie called ``name`` may carry it."""
    now = int(clock.now().timestamp())
    return _box(name, *_secrets()).encrypt_at_time(text.encode(), now).decode()


def opened(name: str, sealed: str, lasts_s: int) -> str:
    """What ``seal`` was given at most ``lasts_s`` seconds ago, else ""."""
    now = int(clock.now().timestamp())
    try:
        box = _box(name, *_secrets())
        return box.decrypt_at_time(sealed.encode("ascii", "replace"), lasts_s, now).decode()
    except InvalidToken:
        return ""


def put(response: HttpResponse, name: str, value: str, lasts_s: int | None = None) -> None:
    """Set a cookie that no script reads; without ``lasts_s`` it ends with the browser."""
    response.set_cookie(
        cookie_name(name), value, max_age=lasts_s, httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip


def drop(response: HttpResponse, name: str) -> None:
    """Take the cookie out of the browser."""
    response.delete_cookie(cookie_name(name), samesite="Lax")


def cookie_name(name: str) -> str:
    """The name as the browser keeps it."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name


def _secrets():
    return settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS


@lru_cache(maxsize=8)
def _box(name, *secrets):
    keys = (
        hmac.digest(secret.encode(), b"signin." + name.encode(), "sha256") for secret in secrets
    )
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
