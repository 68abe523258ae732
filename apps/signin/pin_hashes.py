"""PIN hashes: Argon2id over a keyed digest. Pure.

A PIN has few values, so its strength is the key, which is not in the database; the slow hash makes
each guess cost something if both were lost. One check takes some 3 ms and 4 MiB, so that a whole
class can sign in at once.
"""

from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher(time_cost=2, memory_cost=4 * 1024, parallelism=1)
_DUMMY_HASH = _HASHER.hash(bytes(32))
_MARK = b"$argon2"


def hash_of(digest: bytes) -> bytes:
    """The hash of a PIN's keyed digest, as it is stored."""
    return _HASHER.hash(digest).encode()


def is_hash_of(stored: bytes, digest: bytes) -> bool:
    """Whether ``stored`` was made of this digest; a bare digest from before hashes counts too."""
    if not stored.startswith(_MARK):
        return compare_digest(stored, digest)
    try:
        return _HASHER.verify(stored.decode(), digest)
    except (Argon2Error, InvalidHashError, UnicodeDecodeError):
        return False


def is_current(stored: bytes) -> bool:
    """Whether the hash was made with today's parameters."""
    return stored.startswith(_MARK) and not _HASHER.check_needs_rehash(stored.decode())


def spend_hash_time() -> None:
    """Spend the time of one check when there is no card, so that response times are equal."""
    is_hash_of(_DUMMY_HASH.encode(), b"\1" * 32)
