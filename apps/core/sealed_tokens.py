"""Encrypted tokens for a browser to bring back: sealed (Fernet), one key for each purpose.

For a cookie or a URL, which end up in logs and histories. The keys come from SECRET_KEY; what its
fallbacks sealed can still be opened.
"""

import base64
import hmac
import re
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from apps.core import clock

TOKEN_PATTERN = re.compile(r"[A-Za-z0-9_-]+=*")  # of base64url; others would be ignored


def seal_token(purpose: str, content: bytes) -> str:
    """``content`` as a token of letters that an address and a cookie may carry."""
    now = int(clock.now().timestamp())
    return _box(purpose, *_secrets()).encrypt_at_time(content, now).decode()


def open_token(purpose: str, token: str, lasts_s: int | None = None) -> bytes | None:
    """What ``seal_token`` was given, at most ``lasts_s`` seconds ago if that is set; else None."""
    if not TOKEN_PATTERN.fullmatch(token):
        return None
    box, raw = _box(purpose, *_secrets()), token.encode("ascii")
    try:
        if lasts_s is None:
            return box.decrypt(raw)
        return box.decrypt_at_time(raw, lasts_s, int(clock.now().timestamp()))
    except InvalidToken:
        return None


def _secrets():
    return settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS


@lru_cache(maxsize=8)
def _box(purpose, *secrets):
    keys = (hmac.digest(secret.encode(), purpose.encode(), "sha256") for secret in secrets)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
