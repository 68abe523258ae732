"""The half of every subject key that never enters the database: one small file a key.

A backup of the database holds wrapped keys too. So that an old backup opens nothing after a
withdrawal, each data key is kept as two shares (one-time pad): one wrapped in the database, the
other here. Destroying removes the file for good; whoever restores last year's database finds
half a key. The folder is backed up apart from the database and for a few days at most.

Pure: no Django, no database. A key id is a UUID, a share 32 bytes.
"""

import os
from pathlib import Path
from uuid import UUID


class NoShare(Exception):
    """There is no share of this key: it was destroyed, or the folder is another one."""


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
            os.write(descriptor, share)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        _sync_folder(path.parent)

    def get(self, key_id):
        """The share. Raises NoShare."""
        name = str(key_id)
        try:  # not by way of Path, which took three quarters of the time of reading six thousand
            with open(f"{self._folder}/{name[:2]}/{name}", "rb", buffering=0) as file:
                return file.read()
        except FileNotFoundError as error:
            raise NoShare(f"No share of key {key_id}.") from error

    def destroy(self, key_id):
        """Overwrite and remove a share; without effect where there is none."""
        path = self._path(key_id)
        try:
            with path.open("r+b") as kept:
                kept.write(os.urandom(os.fstat(kept.fileno()).st_size))
                os.fsync(kept.fileno())
            path.unlink()
        except FileNotFoundError:
            return
        _sync_folder(path.parent)

    def older_than(self, moment):
        """The ids of the shares last written before ``moment`` (seconds since 1970)."""
        for path in self._folder.glob("??/*"):
            try:
                if path.stat().st_mtime < moment:
                    yield UUID(path.name)
            except (FileNotFoundError, ValueError):
                continue

    def _path(self, key_id):
        name = str(key_id)
        return self._folder / name[:2] / name


def _sync_folder(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
