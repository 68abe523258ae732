"""Encrypted cookies that only this portal can read, one key for each purpose."""

from django.conf import settings
from django.http import HttpResponse

from apps.core import sealed_tokens


def seal(name: str, text: str) -> str:
    """Encrypt ``text`` for a cookie called ``name``."""
    return sealed_tokens.seal_token(f"signin.{name}", text.encode())


def unseal(name: str, sealed: str, lasts_s: int) -> str:
    """The text sealed at most ``lasts_s`` seconds ago, else ""."""
    return (sealed_tokens.open_token(f"signin.{name}", sealed, lasts_s) or b"").decode()


def set_cookie(response: HttpResponse, name: str, value: str, lasts_s: int | None = None) -> None:
    """Set an HttpOnly cookie; without ``lasts_s`` it ends with the browser."""
    response.set_cookie(
        cookie_name(name), value, max_age=lasts_s, httponly=True, samesite="Lax",
        secure=bool(settings.SESSION_COOKIE_SECURE),
    )  # fmt: skip


def delete_cookie(response: HttpResponse, name: str) -> None:
    """Delete the cookie."""
    response.delete_cookie(cookie_name(name), samesite="Lax")


def cookie_name(name: str) -> str:
    """The cookie's name in the browser."""
    return f"__Host-{name}" if settings.SESSION_COOKIE_SECURE else name
