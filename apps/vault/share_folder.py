"""The share store in a folder: one small file a key, for one host or a shared disk.

Destroying overwrites the file for good. Pure: no Django, no database.
"""

import contextlib
import errno
import os
from pathlib import Path
from uuid import UUID

from apps.vault import erasure_list
from apps.vault.shares import (
    ShareDamaged,
    ShareMissing,
    StoreProblem,
    StoreUnavailable,
    check_marker,
    checked_share,
    parts_of_key_ids,
    with_check,
)

DESTROYED_FOLDER = "gone"  # overwritten shares, until the disk has flushed them too
MARKER_FILE = "share-store"  # the file that names the store
# Failures of the disk, the mount or this process, not of the one file.
STORE_ERRORS = {
    errno.ESTALE, errno.ENOTCONN, errno.ETIMEDOUT, errno.EHOSTDOWN, errno.EACCES, errno.EPERM,
    errno.EMFILE, errno.ENFILE, errno.ENOMEM,
}  # fmt: skip
READ_ONLY_ERRORS = {errno.EROFS, errno.EACCES, errno.EPERM}


class ShareFolder:
    """The shares of the store ``store_id`` (a UUID) below one folder, for this user alone."""

    def __init__(self, folder, store_id):
        self._folder = Path(folder)
        self._store_id = store_id

    def read_marker(self):
        """The id of the store in the folder (text), or None. Raises StoreUnavailable."""
        try:
            return (self._folder / MARKER_FILE).read_text().strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise StoreUnavailable(StoreProblem.UNREADABLE) from error

    def write_marker(self, store_id):
        """Make the folder the store ``store_id``, replacing what it was. Raises StoreUnavailable."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            (self._folder / MARKER_FILE).unlink(missing_ok=True)
            _write_new(self._folder / MARKER_FILE, f"{store_id}\n".encode())
        except OSError as error:
            raise _away(error) from error
        self._store_id = store_id

    def check(self):
        """Raises StoreUnavailable unless the folder is that of this store."""
        check_marker(self.read_marker(), self._store_id)

    def check_writable(self):
        """``check``, and that something could be written. Raises StoreUnavailable."""
        self.check()
        if not os.access(self._folder, os.W_OK):
            raise StoreUnavailable(StoreProblem.READ_ONLY)

    def put(self, key_id, share):
        """Keep a share (bytes) durably before returning. Raises StoreUnavailable where that fails."""
        self.check()
        path = self.path_of(key_id)
        try:
            path.parent.mkdir(exist_ok=True, mode=0o700)
            _write_new(path, with_check(share))
        except FileExistsError:
            raise
        except OSError as error:
            raise _away(error) from error

    def get(self, key_id):
        """The share. Raises StoreUnavailable, or ShareMissing, of which ShareDamaged is one kind."""
        name = str(key_id)
        try:  # not by way of Path, which took three quarters of the time of reading six thousand
            with open(f"{self._folder}/{name[:2]}/{name}", "rb", buffering=0) as file:
                found = file.read()
        except (FileNotFoundError, NotADirectoryError) as error:
            self.check()
            raise ShareMissing(f"No share of key {key_id}.") from error
        except OSError as error:
            if error.errno in STORE_ERRORS:
                raise StoreUnavailable(StoreProblem.UNREADABLE) from error
            self.check()
            raise ShareDamaged(f"The share of key {key_id} cannot be read.") from error
        return checked_share(key_id, found)

    def get_many(self, key_ids):
        """{key id: its share, or what ``get`` would have raised}."""
        found = {}
        for key_id in key_ids:
            try:
                found[key_id] = self.get(key_id)
            except (ShareMissing, StoreUnavailable) as error:
                found[key_id] = error
        return found

    def has(self, key_id):
        """Whether there is a file of this key. Raises StoreUnavailable."""
        self.check()
        return self.path_of(key_id).exists()

    def count_held(self, key_ids):
        """Of how many of these keys there is a file; whatever the marker says."""
        return sum(self.path_of(key_id).exists() for key_id in key_ids)

    def destroy(self, key_id):
        """Overwrite a share and remove it from its place; whether there was one.

        From here on nobody reads it. ``purge_destroyed`` flushes that to the disk: flushing takes longer
        than everything else in a withdrawal. After a power cut in between the share may be
        back; its row is not, and so it is swept.
        """
        path = self.path_of(key_id)
        try:
            with path.open("r+b", buffering=0) as file:
                file.write(os.urandom(os.fstat(file.fileno()).st_size))
            self._lay_aside(path)
            return True
        except FileNotFoundError:
            return False

    def destroy_many(self, key_ids):
        """``destroy`` for several; how many there were."""
        return sum(self.destroy(key_id) for key_id in key_ids)

    def append_erased(self, erasures):
        """Add ``erasures`` to the list of ended keys, durably. Raises StoreUnavailable."""
        self.check()
        try:
            erasure_list.append_erasures(self._folder, erasures)
        except OSError as error:
            raise _away(error) from error

    def erased_keys(self):
        """Every Erasure on the list of ended keys, oldest first. Raises StoreUnavailable."""
        self.check()
        try:
            yield from erasure_list.read_erasures(self._folder)
        except OSError as error:
            raise _away(error) from error

    def purge_destroyed(self):
        """Flush what ``destroy`` wrote to the disk, then remove it; how many."""
        n_gone = 0
        for path in self._folder.glob(f"{DESTROYED_FOLDER}/*"):
            try:
                _sync(path, os.O_WRONLY)
                _sync(self.path_of(path.name).parent, os.O_RDONLY)
                path.unlink()
                n_gone += 1
            except FileNotFoundError:  # another worker was quicker
                continue
        if n_gone:
            _sync(self._folder / DESTROYED_FOLDER, os.O_RDONLY)
        return n_gone

    def purge_nightly(self):
        """``purge_destroyed``: files keep nothing else."""
        self.purge_destroyed()

    def is_empty(self):
        """Whether the folder holds no share, or is not there."""
        return next(self._folder.glob("??/*"), None) is None

    def key_ids(self, part=0, n_parts=1):
        """The ids of the keys whose shares are kept, of one of ``n_parts`` parts of the folders."""
        for number in parts_of_key_ids(part, n_parts):
            for path in self._folder.glob(f"{number:02x}/*"):
                with contextlib.suppress(ValueError):  # something else's file
                    yield UUID(path.name)

    def _lay_aside(self, path):
        try:
            path.rename(self._folder / DESTROYED_FOLDER / path.name)
        except FileNotFoundError:  # the first one here, or another process has just moved it
            (self._folder / DESTROYED_FOLDER).mkdir(exist_ok=True, mode=0o700)
            path.rename(self._folder / DESTROYED_FOLDER / path.name)

    def setting_problems(self):
        """No sentences: a folder has no server."""
        return []

    def path_of(self, key_id):
        """The path of a key's share."""
        name = str(key_id)
        return self._folder / name[:2] / name


def _away(error):
    return StoreUnavailable(
        StoreProblem.READ_ONLY if error.errno in READ_ONLY_ERRORS else StoreProblem.UNREADABLE
    )


def _write_new(path, data):
    """Write a file that was not there and flush it to disk. Raises FileExistsError, OSError."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        if os.write(descriptor, data) != len(data):  # half a share opens nothing
            raise OSError(errno.ENOSPC, "not written whole")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    _sync(path.parent, os.O_RDONLY)


def _sync(path, flags):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
