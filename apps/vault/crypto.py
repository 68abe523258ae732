"""Sealing and opening bytes: AES-256-GCM under a data key, data keys wrapped by a key ring.

Pure: no Django, no database. NIST SP 800-38D (GCM), RFC 5869 (HKDF).
"""

import base64
import hmac
import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
VERSION = b"\x01"
ROW_VERSION = b"\x02"  # a row's content, bound to its place in fewer bytes than under version 1
_SHORTEST = len(VERSION) + NONCE_BYTES + TAG_BYTES


class CannotOpen(Exception):
    """Wrong key, changed bytes, or bytes moved to another row."""


class BadKeyRing(ValueError):
    """A ring of keys does not parse; the message says how it should look."""


@dataclass(frozen=True)
class KeyRing:
    """Key-encryption keys by id, the newest first: the first seals, all of them open."""

    keys: tuple[tuple[str, bytes], ...] = field(repr=False)

    @classmethod
    def parse(cls, text):
        """Read ``id:base64url(32 bytes),older-id:…``. Raises BadKeyRing."""
        keys = []
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, encoded = part.partition(":")
            raw = _decoded(encoded)
            if not name or len(name) > 20 or len(raw) != KEY_BYTES:
                raise BadKeyRing("It must be 'id:base64url of 32 bytes', newest first.")
            keys.append((name, raw))
        if not keys or len({name for name, _ in keys}) != len(keys):
            raise BadKeyRing("It must name at least one key, each id once.")
        return cls(tuple(keys))

    @property
    def newest(self):
        return self.keys[0][0]

    def wrap(self, data_key, context):
        """(key id, wrapped bytes); ``context`` (bytes) must be the same to unwrap."""
        name, key = self.keys[0]
        return name, seal(key, data_key, context)

    def unwrap(self, name, wrapped, context):
        """The data key. Raises CannotOpen where the ring has no such key or it does not fit."""
        for known, key in self.keys:
            if known == name:
                return open_(key, wrapped, context)
        raise CannotOpen(f"The key ring has no key {name!r}.")

    def blind_indexes(self, label, text):
        """Keyed digests of a low-entropy text for look-ups, one per key, the newest first."""
        return [_hmac(derive(key, label), text.encode()) for _, key in self.keys]


def _decoded(text):
    """base64url without its padding, strictly; b"" where it is not that."""
    padded = text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except ValueError:
        return b""


def new_data_key():
    """32 random bytes of the operating system."""
    return os.urandom(KEY_BYTES)


def xor(left, right):
    """The bytes of one XOR the other: of two shares of a secret, the secret. Same length each."""
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def cipher(key):
    """AES-256-GCM under a key, for who seals or opens more than once."""
    return AESGCM(key)


def seal(key, plain, context):
    """version ‖ nonce ‖ ciphertext+tag; ``context`` is bound as additional data."""
    return seal_with(AESGCM(key), plain, context)


def seal_with(under, plain, context, version=VERSION):
    """The same under a ``cipher``."""
    nonce = os.urandom(NONCE_BYTES)
    return version + nonce + under.encrypt(nonce, plain, context)


def open_(key, sealed, context):
    """The plain bytes. Raises CannotOpen on a wrong key, changed bytes or another context."""
    return open_with(AESGCM(key), sealed, context)


def open_with(under, sealed, context, version=VERSION):
    """The same under a ``cipher``."""
    sealed = bytes(sealed)
    if sealed[:1] != version or len(sealed) < _SHORTEST:
        raise CannotOpen("These bytes are no seal of a version known here.")
    nonce, body = sealed[1:13], sealed[13:]
    try:
        return under.decrypt(nonce, body, context)
    except InvalidTag as error:
        raise CannotOpen("The seal does not open with this key in this place.") from error


def named_by(derived, text):
    """32 bytes that name ``text`` only to who holds the ``derived`` key (HMAC-SHA256)."""
    return hmac.digest(derived, text.encode(), "sha256")


def _hmac(key, data):
    return hmac.digest(key, data, "sha256")


def derive(key, label):
    """32 bytes for one use (``label``) of a key (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=label.encode()).derive(key)
