"""A copy of a share store in one file: for its backups of days, and to move to another store.

Lines of text: the id of the store, then each share, then the list of ended keys as the folder keeps
it. The list is read last: a key that ends meanwhile is on it, so its share comes to nothing after a
restore. Pure: no Django.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import UUID

from apps.vault.erasure_list import erasure_line, read_erasure_line
from apps.vault.shares import KeyShares, ShareMissing, checked_share, with_check

FIRST_WORD, SHARE_WORD, ENDED_WORD = "share-store", "share", "ended"
AT_ONCE = 1000


class BadSnapshot(Exception):
    """A file is no whole snapshot of a share store; the message says why (English)."""


@dataclass
class SnapshotCounts:
    """What was read of a store so far."""

    n_shares: int = 0
    n_unreadable: int = 0
    n_ended: int = 0


def write_snapshot(store: KeyShares, to: Path) -> tuple[int, int]:
    """Write a new file that this user alone may read; how many shares, how many could not be read.

    Raises StoreUnavailable, OSError (also where the file exists).
    """
    counts = SnapshotCounts()
    store.check()
    descriptor = os.open(to, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(descriptor, "w", encoding="ascii") as file:
        file.writelines(f"{line}\n" for line in snapshot_lines(store, counts))
        file.flush()
        os.fsync(file.fileno())
    return counts.n_shares, counts.n_unreadable


def snapshot_lines(store: KeyShares, counts: SnapshotCounts) -> Iterator[str]:
    """The lines of a snapshot, counted as they are given. Raises StoreUnavailable."""
    store.check()
    yield f"{FIRST_WORD} {store.read_marker()}"
    for key_ids in _batches(store.key_ids()):
        for key_id, found in store.get_many(key_ids).items():
            if isinstance(found, bytes):
                counts.n_shares += 1
                yield f"{SHARE_WORD} {key_id} {with_check(found).hex()}"
            elif isinstance(found, ShareMissing):  # damaged, or destroyed meanwhile
                counts.n_unreadable += 1
            else:
                raise found
    for erasure in store.erased_keys():
        counts.n_ended += 1
        yield f"{ENDED_WORD} {erasure_line(erasure)}"
    yield "end"


def read_snapshot_id(path: Path) -> UUID:
    """The id of the store that a snapshot is of. Raises BadSnapshot where it is not whole."""
    with open(path, "rb") as file:
        first = file.readline().decode("ascii", "replace").split()
        file.seek(max(0, os.fstat(file.fileno()).st_size - 5))
        last = file.read()
    if len(first) != 2 or first[0] != FIRST_WORD or last != b"\nend\n":
        raise BadSnapshot("The file is no whole snapshot of a share store.")
    return UUID(first[1])


def load_snapshot(store: KeyShares, path: Path) -> int:
    """Put what a snapshot holds into an empty store, which becomes the store it is of; how many shares.

    The marker is written before the shares: both kinds of store ask for it. Raises BadSnapshot,
    StoreUnavailable.
    """
    store_id, n_shares = read_snapshot_id(path), 0
    if not store.is_empty() or store.read_marker() is not None:
        raise BadSnapshot("The store is not empty: a snapshot is loaded into an empty one only.")
    store.write_marker(store_id)
    with open(path, encoding="ascii") as file:
        for lines in _batches(line.split(" ", 1) for line in islice(file, 1, None)):
            for word, text in (line for line in lines if len(line) == 2):
                if word == SHARE_WORD:
                    key_id, kept = text.split()
                    store.put(UUID(key_id), checked_share(UUID(key_id), bytes.fromhex(kept)))
                    n_shares += 1
            ended = [read_erasure_line(line[1]) for line in lines if line[0] == ENDED_WORD]
            store.append_erased([erasure for erasure in ended if erasure is not None])
    return n_shares


def _batches(items):
    items = iter(items)
    while batch := list(islice(items, AT_ONCE)):
        yield batch
