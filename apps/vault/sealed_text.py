"""Short texts sealed under a ring key: sign-in secrets, reasons of emergencies, sessions.

For texts without a consent and without a data key. A sealed text names its ring key, and opens only
in its own place (``place`` names table and column).
"""

import base64
import json
from functools import lru_cache

from django.conf import settings

from apps.core import crypto

SEALED_PREFIX = "sealed:"


def seal(text: str, place: str) -> str:
    """``text`` sealed under the newest key of the ring (ASCII)."""
    name, sealed = _ring(settings.VAULT_KEYS).wrap(text.encode(), _context(place))
    return f"{SEALED_PREFIX}{name}:{base64.urlsafe_b64encode(sealed).decode()}"


def unseal(text: str, place: str) -> str:
    """The text that was sealed; a text without the mark, older than sealing, as it is.

    Raises crypto.CannotUnseal where no key of the ring opens it in this place.
    """
    if not text.startswith(SEALED_PREFIX):
        return text
    name, _, sealed = text.removeprefix(SEALED_PREFIX).partition(":")
    try:
        data = base64.urlsafe_b64decode(sealed)
    except ValueError as error:
        raise crypto.CannotUnseal("The sealed text was changed.") from error
    return _ring(settings.VAULT_KEYS).unwrap(name, data, _context(place)).decode()


def ring_key_of(text: str) -> str | None:
    """The id of the ring's key that a sealed text names; None of a readable one."""
    return text.split(":", 2)[1] if text.startswith(SEALED_PREFIX) else None


class TextSealer:
    """For core.sealed_field: a text that cannot be opened becomes a sentence that says so."""

    UNREADABLE = "(こわれていて読めません)"

    seal = staticmethod(seal)

    @classmethod
    def open(cls, text, place):
        """The text, or UNREADABLE."""
        try:
            return unseal(text, place)
        except crypto.CannotUnseal:
            return cls.UNREADABLE


class SessionSerializer:
    """Seals the content of a session (a half-typed code, a draft), in its row and in the cache."""

    def dumps(self, value) -> bytes:
        """The sealed bytes of a JSON-able value."""
        text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return seal(text, "session").encode("ascii")

    def loads(self, data: bytes):
        """The value. Raises ValueError: a session that does not open is an empty one."""
        text = data.decode("ascii")
        if not text.startswith(SEALED_PREFIX):
            raise ValueError("This session was not sealed.")
        try:
            return json.loads(unseal(text, "session"))
        except crypto.CannotUnseal as error:
            raise ValueError("This session does not open.") from error


_ring = lru_cache(maxsize=4)(crypto.KeyRing.parse)


def _context(place):
    return f"text|{place}".encode()
