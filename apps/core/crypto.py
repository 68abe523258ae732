"""Sealing and opening bytes: AES-256-GCM under a data key, data keys wrapped by a key ring.

Pure: no Django, no database. NIST SP 800-38D (GCM), RFC 5869 (HKDF), RFC 7693 (BLAKE2).
"""

import base64
import hmac
from dataclasses import dataclass, field
from hashlib import blake2b
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16
KEY_BYTES = 32
VERSION = b"\x01"
ROW_VERSION = b"\x02"  # a row's content; its place is bound in fewer bytes than in version 1
_SHORTEST = len(VERSION) + NONCE_BYTES + TAG_BYTES


class CannotUnseal(Exception):
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
        """The data key. Raises CannotUnseal where the ring has no such key or it does not fit."""
        for known, key in self.keys:
            if known == name:
                return unseal(key, wrapped, context)
        raise CannotUnseal(f"The key ring has no key {name!r}.")

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
    return urandom(KEY_BYTES)


def xor(left, right):
    """The bytes of one XOR the other: of two shares of a secret, the secret. Same length each."""
    if len(left) != len(right):
        raise ValueError("The two are not of one length.")
    both = int.from_bytes(left, "big") ^ int.from_bytes(right, "big")
    return both.to_bytes(len(left), "big")


def cipher(key):
    """AES-256-GCM under a key, to seal or open more than once."""
    return AESGCM(key)


def seal(key, plain, context):
    """version ‖ nonce ‖ ciphertext+tag; ``context`` is bound as additional data."""
    return sealer(AESGCM(key))(plain, context)


def unseal(key, sealed, context):
    """The plain bytes. Raises CannotUnseal on a wrong key, changed bytes or another context."""
    return opener(AESGCM(key))(bytes(sealed), context)


def sealer(under, version=VERSION):
    """What ``seal`` does under a ``cipher``: a function of (plain, context)."""
    encrypt = under.encrypt

    def seal(plain, context):
        nonce = urandom(NONCE_BYTES)
        return version + nonce + encrypt(nonce, plain, context)

    return seal


def opener(under, version=VERSION):
    """What ``unseal`` does under a ``cipher``: a function of (sealed, context), both bytes."""
    decrypt = under.decrypt

    def open_(sealed, context):
        if sealed[:1] != version or len(sealed) < _SHORTEST:
            raise CannotUnseal("These bytes are no seal of a version known here.")
        try:
            return decrypt(sealed[1:13], sealed[13:], context)
        except InvalidTag as error:
            raise CannotUnseal("The seal does not open with this key in this place.") from error

    return open_


def seal_by_digest(under, digest, plain, context):
    """``seal`` with a nonce that is not random: the beginning of ``digest``.

    The digest must come from ``keyed_digest_hash`` and cover ``plain`` and ``context``. So the same
    content in the same place has the same ciphertext, and any other content another nonce, as with
    the synthetic IVs of RFC 5297.
    """
    nonce = digest[:NONCE_BYTES]
    return ROW_VERSION + nonce + under.encrypt(nonce, plain, context)


def keyed_name(derived, text):
    """32 bytes that identify ``text`` only to holders of the ``derived`` key (HMAC-SHA256)."""
    return hmac.digest(derived, text.encode(), "sha256")


def keyed_name_hash(derived, begins):
    """The HMAC-SHA256 of ``keyed_name`` after reading ``begins``; ``copy`` it for each name.

    The same digest as the standard library's, whose copies cost twice as much.
    """
    name = HMAC(derived, SHA256())
    name.update(begins)
    return name


def keyed_digest_hash(derived, use, begins):
    """A keyed BLAKE2b of 16 bytes after reading ``begins``; ``copy`` it for each digest.

    ``use`` (16 bytes at most) keeps the digests of one use apart from those of another.
    """
    return blake2b(begins, key=derived, digest_size=16, person=use)


def _hmac(key, data):
    return hmac.digest(key, data, "sha256")


def derive(key, label):
    """32 bytes for one use (``label``) of a key (HKDF-SHA256, RFC 5869)."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=label.encode()).derive(key)
