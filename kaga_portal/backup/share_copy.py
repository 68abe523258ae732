"""Copies of the key shares, apart from the database's backups and for days only.

A copy still holds the share of a key that is destroyed after it was made. So copies go after
``DAYS``, and the list of ended keys is copied more often than the shares: whoever puts a copy back
leaves out what the newest list names.

A copy is the text of ``copy_share_store`` (apps.vault.share_snapshots), encrypted: it says nothing
of the kind of store.
"""

import itertools
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apps.vault.erasure_list import Erasure, erasure_line, read_erasure_line
from apps.vault.services import share_store
from apps.vault.share_snapshots import ENDED_WORD, SHARE_WORD, SnapshotCounts, snapshot_lines
from apps.vault.share_urls import BadStoreUrl, store_at
from apps.vault.shares import KeyShares, StoreUnavailable, checked_share
from kaga_portal.backup import backup_folder, manifests
from kaga_portal.backup.encryption import decrypted, encrypt
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.retention import remove_folder

DAYS = 7  # after which a destroyed key has gone out of every copy
STILL_THERE = (
    "These copies of the key shares are older than {days} days and cannot be removed: {names}. They "
    "hold shares of keys that were destroyed since. Remove them by hand, and let this machine "
    "delete in shares/."
)
AWAY = "The share store does not answer ({why}): no copy of the key shares was made."


class LineStream:
    """Lines as a stream of bytes that is read piece by piece."""

    def __init__(self, lines: Iterator[str]):
        self._lines = lines

    def read(self, n: int = -1, /) -> bytes:
        """The next thousand lines; nothing at the end."""
        return "".join(f"{line}\n" for line in itertools.islice(self._lines, 1000)).encode()


def copy_shares(
    root: Path, recipients: list[Any], now: datetime, tell: Callable[[str], None]
) -> Path:
    """Copy all shares and the list of ended keys into a new folder. Raises BackupProblem, OSError."""
    folder = root / "shares" / backup_folder.backup_name(now)
    draft = folder.with_name(backup_folder.DRAFT + folder.name)
    try:
        store = share_store.current_store()
        draft.mkdir(mode=0o700)
        counts = _write_copy(store, draft, recipients, now)
        draft.rename(folder)
    except StoreUnavailable as error:
        raise BackupProblem(AWAY.format(why=error.why)) from error
    except FileExistsError as error:
        raise BackupProblem(
            f"{error.filename} is there already: another copy is running."
        ) from error
    finally:
        remove_folder(draft)
    tell(f"{counts.n_shares} key shares and {counts.n_ended} ended keys are in {folder}")
    if counts.n_unreadable:
        tell(f"{counts.n_unreadable} key shares could not be read: they are not in the copy")
    return folder


def _write_copy(store, draft, recipients, now):
    """Write the shares and their manifest into a folder; what was read of the store."""
    counts = SnapshotCounts()
    lines = LineStream(snapshot_lines(store, counts))
    part = encrypt(lines, draft / backup_folder.SHARES_PART, recipients)
    content = {
        "made_at": now.isoformat(), "shares": counts.n_shares,
        "parts": manifests.parts_as_json([part]),
    }  # fmt: skip
    manifests.sign_manifest(draft / manifests.FILE_NAME, manifests.SHARES, content)
    return counts


def copy_erasures(root: Path, recipients: list[Any], now: datetime) -> Path:
    """Copy the list of ended keys; the copy before it goes. Raises BackupProblem, StoreUnavailable."""
    ended = (f"{ENDED_WORD} {erasure_line(one)}" for one in share_store.list_of_ended_keys())
    name = backup_folder.backup_name(now) + f"-{now.microsecond:06d}"
    path = root / "erasures" / f"{name}.gz.age"
    part = encrypt(LineStream(ended), path, recipients)
    content = {"made_at": now.isoformat(), "parts": manifests.parts_as_json([part])}
    manifests.sign_manifest(root / "erasures" / f"{name}.jws", manifests.ERASURES, content)
    for old in (root / "erasures").iterdir():
        if not old.name.startswith(name):
            old.unlink(missing_ok=True)
    return path


def remove_old_copies(root: Path, now: datetime) -> list[str]:
    """Remove the copies of shares that are older than DAYS; their names.

    Raises BackupProblem where one stays.
    """
    limit = backup_folder.backup_name(now - timedelta(days=DAYS))
    old = [one for one in backup_folder.finished(root / "shares") if one.name < limit]
    for one in old:
        remove_folder(one)
    if left := [one.name for one in old if one.exists()]:
        raise BackupProblem(STILL_THERE.format(names=", ".join(left), days=DAYS))
    return [one.name for one in old]


def listed_as_ended(root: Path, identities: list[Any]) -> dict[uuid.UUID, Erasure]:
    """Every ended key that any list in the backup folder names. Raises BackupProblem."""
    lists = [
        (signed.parent, signed, signed.with_suffix(".gz.age"), manifests.ERASURES)
        for signed in sorted((root / "erasures").glob("*.jws"))
    ]
    lists += [
        (folder, folder / manifests.FILE_NAME, folder / backup_folder.SHARES_PART, manifests.SHARES)
        for folder in backup_folder.finished(root / "shares")
    ]
    found: dict[uuid.UUID, Erasure] = {}
    for folder, signed, part, kind in lists:
        manifest = manifests.read_manifest(signed, kind)
        manifests.verify_parts(folder, manifest, lambda line: None)
        with decrypted(part, identities, manifests.part_named(manifest, part.name)) as lines:
            found |= {one.key_id: one for one in map(_erasure, lines) if one is not None}
    return found


def ended_in_use(url: str) -> dict[uuid.UUID, Erasure]:
    """The ended keys that the list of the store in use names; none where it does not answer."""
    try:
        marker = store_at(url, None).read_marker()
        store = store_at(url, uuid.UUID(marker)) if marker else None
        return {one.key_id: one for one in store.erased_keys()} if store else {}
    except (StoreUnavailable, BadStoreUrl):
        return {}


def put_back(
    root: Path, url: str, identities: list[Any], more: dict[uuid.UUID, Erasure]
) -> tuple[int, int, int]:
    """Fill an empty store with the shares of the newest copy, but none of a key that ended.

    ``more`` are ended keys that other lists name. (shares put back, left out, ended keys on the
    list). Raises BackupProblem.
    """
    copies = backup_folder.finished(root / "shares")
    if not copies:
        raise BackupProblem(f"There is no copy of the key shares in {root / 'shares'}.")
    try:
        store = store_at(url, None)
        if not store.is_empty() or store.read_marker() is not None:
            raise BackupProblem(
                "That store is not empty: nothing is overwritten. Name an empty one."
            )
        ended = more | listed_as_ended(root, identities)
        n_put, n_left = _fill(store, copies[-1], identities, ended)
    except BadStoreUrl as error:
        raise BackupProblem(str(error)) from error
    except StoreUnavailable as error:
        raise BackupProblem(f"That store does not answer, or is full: {error}") from error
    return n_put, n_left, len(ended)


def _fill(store: KeyShares, copy, identities, ended):
    n_put = n_left = 0
    manifest = manifests.read_manifest(copy / manifests.FILE_NAME, manifests.SHARES)
    part = manifests.part_named(manifest, backup_folder.SHARES_PART)
    with decrypted(copy / part.name, identities, part) as lines:
        store.write_marker(uuid.UUID(next(lines).decode().split()[1]))
        store.append_erased(sorted(ended.values(), key=lambda one: one.ended_at))
        for line in lines:
            word, _, text = line.decode().partition(" ")
            if word != SHARE_WORD:
                continue
            name, kept = text.split()
            key_id = uuid.UUID(name)
            if key_id in ended:
                n_left += 1
                continue
            store.put(key_id, checked_share(key_id, bytes.fromhex(kept)))
            n_put += 1
    return n_put, n_left


def _erasure(line):
    """The Erasure of a line; None where the line is another."""
    word, _, text = line.decode().partition(" ")
    return read_erasure_line(text) if word == ENDED_WORD else None
