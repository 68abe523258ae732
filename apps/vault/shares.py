"""The half of every subject key that never enters the database: one small file a key.

A backup of the database holds wrapped keys too. So that an old backup opens nothing after a
withdrawal, each data key is kept as two shares (one-time pad): one wrapped in the database, the
other here. Destroying overwrites the file for good; whoever restores last year's database finds
half a key. The folder is backed up apart from the database and for a few days at most.

Pure: no Django, no database. A key id is a UUID, a share 32 bytes; its file ends with a checksum
of it (files of earlier versions do not), because a changed share would give another key, under
which whatever is written could never be read again.
"""

import os
from hashlib import blake2b
from pathlib import Path
from uuid import UUID

GONE = "gone"  # where overwritten shares lie until the disk has forgotten them too
SHARE_BYTES = 32
CHECK_BYTES = 8


class NoShare(Exception):
    """There is no share of this key: it was destroyed, or the folder is another one."""


class BadShare(NoShare):
    """There is a file, but it is cut, changed or cannot be read."""


class Shares:
    """The shares below one folder, readable by this system user alone."""

    def __init__(self, folder):
        self._folder = Path(folder)

    def put(self, key_id, share):
        """Keep a share (bytes) durably before returning. Raises OSError where the disk refuses."""
        path = self._path(key_id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        try:
            os.write(descriptor, share + _check(share))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _sync(path.parent, os.O_RDONLY)

    def get(self, key_id):
        """The share. Raises NoShare, of which BadShare is one kind."""
        name = str(key_id)
        try:  # not by way of Path, which took three quarters of the time of reading six thousand
            with open(f"{self._folder}/{name[:2]}/{name}", "rb", buffering=0) as file:
                found = file.read()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise NoShare(f"No share of key {key_id}.") from error
        except OSError as error:
            raise BadShare(f"The share of key {key_id} cannot be read.") from error
        share, check = found[:SHARE_BYTES], found[SHARE_BYTES:]
        if len(share) != SHARE_BYTES or (check and check != _check(share)):
            raise BadShare(f"The share of key {key_id} was changed.")
        return share

    def destroy(self, key_id):
        """Overwrite a share and take it from its place; without effect where there is none.

        From here on nobody reads it. The disk's own copy follows with ``bury``: waiting for a
        disk takes longer than all else a person waits for who takes back their consent. After a
        power cut in between the share may be back; its row is not, and so it is swept.
        """
        path = self._path(key_id)
        try:
            with path.open("r+b", buffering=0) as kept:
                kept.write(os.urandom(os.fstat(kept.fileno()).st_size))
            self._lay_aside(path)
        except FileNotFoundError:
            return

    def bury(self):
        """See to it that the disk holds what ``destroy`` wrote, then remove it; how many."""
        n_gone = 0
        for path in self._folder.glob(f"{GONE}/*"):
            try:
                _sync(path, os.O_WRONLY)
                _sync(self._path(path.name).parent, os.O_RDONLY)
                path.unlink()
                n_gone += 1
            except FileNotFoundError:  # another clock was here
                continue
        if n_gone:
            _sync(self._folder / GONE, os.O_RDONLY)
        return n_gone

    def older_than(self, moment):
        """The ids of the shares last written before ``moment`` (seconds since 1970)."""
        for path in self._folder.glob("??/*"):
            try:
                if path.stat().st_mtime < moment:
                    yield UUID(path.name)
            except (FileNotFoundError, ValueError):
                continue

    def _lay_aside(self, path):
        try:
            path.rename(self._folder / GONE / path.name)
        except FileNotFoundError:  # the first one here, or somebody laid it aside just now
            (self._folder / GONE).mkdir(exist_ok=True, mode=0o700)
            path.rename(self._folder / GONE / path.name)

    def _path(self, key_id):
        name = str(key_id)
        return self._folder / name[:2] / name


def _check(share):
    return blake2b(share, digest_size=CHECK_BYTES).digest()


def _sync(path, flags):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
