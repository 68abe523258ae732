"""How a PIN lies in the database: Argon2id over its keyed digest.

A PIN has few values. The key of the ring, which is not in the database, carries the strength; the
password hash makes each try cost something where both were lost. Some 3 ms and 4 MiB a try, so
that a class comes in at once. Pure.
"""

from hmac import compare_digest

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_HASHER = PasswordHasher(time_cost=2, memory_cost=4 * 1024, parallelism=1)
_DUMMY_HASH = _HASHER.hash(bytes(32))
_MARK = b"$argon2"


def hash_of(digest: bytes) -> bytes:
    """The hash of a PIN's keyed digest, as it is kept."""
    return _HASHER.hash(digest).encode()


def is_hash_of(kept: bytes, digest: bytes) -> bool:
    """Whether ``kept`` was made of this digest; a bare digest from before hashes counts too."""
    if not kept.startswith(_MARK):
        return compare_digest(kept, digest)
    try:
        return _HASHER.verify(kept.decode(), digest)
    except (Argon2Error, InvalidHashError, UnicodeDecodeError):
        return False


def is_current(kept: bytes) -> bool:
    """Whether it was made with the numbers of today."""
    return kept.startswith(_MARK) and not _HASHER.check_needs_rehash(kept.decode())


def spend_hash_time() -> None:
    """The time of one try, where there is no card: the answer takes as long."""
    is_hash_of(_DUMMY_HASH.encode(), b"\1" * 32)
