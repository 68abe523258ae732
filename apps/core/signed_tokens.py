"""Signed tokens for a browser to bring back: everybody can read them, nobody can change them.

The keys come from SECRET_KEY, one for each purpose; what its fallbacks signed still counts. For
what nobody may read, see ``sealed_tokens``.
"""

from datetime import timedelta

from django.core.signing import BadSignature, Signer, b62_decode, b62_encode

from apps.core import clock


def sign_token(purpose: str, text: str) -> str:
    """``text`` with the time and a signature, by the database's clock."""
    now = int(clock.now().timestamp())
    return Signer(salt=purpose).sign(f"{text}:{b62_encode(now)}")


def read_token(purpose: str, token: str, lasts: timedelta | None = None) -> str | None:
    """The text that ``sign_token`` was given, at most ``lasts`` ago if that is set; else None."""
    try:
        text, _, stamp = Signer(salt=purpose).unsign(token).rpartition(":")
    except BadSignature:
        return None
    age_s = clock.now().timestamp() - b62_decode(stamp)
    return None if lasts is not None and age_s > lasts.total_seconds() else text
