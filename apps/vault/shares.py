"""The half of every subject key that never enters the database, and the store that keeps it.

A backup of the database holds wrapped keys too. So that an old backup opens nothing after a
withdrawal, each data key is kept as two shares (one-time pad): one wrapped in the database, the
other in a store: a folder (``share_folder``) or a small second database (``share_database``).
Destroying makes the share unreadable for good; whoever restores last year's database finds half a
key. The store is backed up apart from the database and for a few days at most.

A store holds a marker that names it. Without it, or with the marker of another store, it is the
wrong one (a disk that is not mounted, another portal's database): the store is unavailable, which
says nothing about any key.

Pure: no Django. A key id is a UUID, a share 32 bytes; a checksum of it is kept with it, because a
changed share would give another key, under which whatever is written could never be read again.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from hashlib import blake2b
from typing import Protocol
from uuid import UUID

from apps.vault.erasure_list import Erasure

SHARE_BYTES = 32
CHECK_BYTES = 8


class StoreProblem(StrEnum):
    """Why a store cannot be used now."""

    NOT_INITIALISED = "not_initialised"  # the database knows no store yet
    NO_MARKER = "no_marker"
    OTHER_STORE = "other_store"
    UNREADABLE = "unreadable"
    READ_ONLY = "read_only"


class StoreUnavailable(Exception):
    """The store cannot be used now; whatever needs it waits, and nothing is concluded from it."""

    def __init__(self, why: StoreProblem):
        super().__init__(f"The key-share store is away: {why}.")
        self.why = why


class ShareMissing(Exception):
    """The store is here and has no share of this key."""


class ShareDamaged(ShareMissing):
    """There is a share, but it is cut, changed or cannot be read."""


Found = bytes | ShareMissing | StoreUnavailable


class KeyShares(Protocol):
    """What every store does. Each method raises StoreUnavailable where the store cannot be used."""

    def read_marker(self) -> str | None:
        """The id of the store found there, None where there is none."""

    def write_marker(self, store_id: UUID) -> None:
        """Make it the store ``store_id``, replacing what it was."""

    def check(self) -> None:
        """Raises StoreUnavailable unless this is the store that was asked for."""

    def check_writable(self) -> None:
        """``check``, and that something could be written."""

    def put(self, key_id: UUID, share: bytes) -> None:
        """Keep a share durably before returning. Raises FileExistsError where there is one."""

    def get(self, key_id: UUID) -> bytes:
        """The share. Raises ShareMissing, of which ShareDamaged is one kind."""

    def get_many(self, key_ids: Iterable[UUID]) -> dict[UUID, Found]:
        """{key id: its share, or what ``get`` would have raised}; raises nothing itself."""

    def has(self, key_id: UUID) -> bool:
        """Whether there is anything of this key, damaged or not."""

    def count_held(self, key_ids: Iterable[UUID]) -> int:
        """Of how many of these keys there is anything; whatever the marker says."""

    def destroy(self, key_id: UUID) -> bool:
        """Remove a share so that nobody reads it any more; whether there was one."""

    def destroy_many(self, key_ids: Iterable[UUID]) -> int:
        """``destroy`` for several; how many there were."""

    def purge_destroyed(self) -> int:
        """Flush what ``destroy`` did to the disk, every few minutes; of how many shares."""

    def purge_nightly(self) -> None:
        """Remove what is left of destroyed shares in the store's own files."""

    def append_erased(self, erasures: Iterable[Erasure]) -> None:
        """Add to the list of ended keys, durably."""

    def erased_keys(self) -> Iterator[Erasure]:
        """Every Erasure on the list of ended keys, oldest first."""

    def is_empty(self) -> bool:
        """Whether it holds no share; whatever the marker says."""

    def key_ids(self, part: int = 0, n_parts: int = 1) -> Iterator[UUID]:
        """The ids of the keys whose shares are kept, of one of ``n_parts`` parts of the store."""

    def setting_problems(self) -> list[str]:
        """Sentences (English) about settings of its server that keep destroyed shares readable."""


def with_check(share: bytes) -> bytes:
    """A share and its checksum, as they are kept."""
    return share + _check(share)


def checked_share(key_id: UUID, kept: bytes) -> bytes:
    """The share of what was kept (formerly without a checksum). Raises ShareDamaged."""
    share, check = kept[:SHARE_BYTES], kept[SHARE_BYTES:]
    if len(share) != SHARE_BYTES or (check and check != _check(share)):
        raise ShareDamaged(f"The share of key {key_id} was changed.")
    return share


def parts_of_key_ids(part: int, n_parts: int) -> range:
    """The first bytes of the key ids in one of ``n_parts`` parts of a store."""
    return range(part, 256, n_parts)


def check_marker(found: str | None, store_id: UUID | None) -> None:
    """Raises StoreUnavailable unless the marker found is that of the store."""
    if found is None:
        raise StoreUnavailable(StoreProblem.NO_MARKER)
    if found != str(store_id):
        raise StoreUnavailable(StoreProblem.OTHER_STORE)


def _check(share):
    return blake2b(share, digest_size=CHECK_BYTES).digest()
