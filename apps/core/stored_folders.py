"""A folder that other programs write files into: on a disk, or under a prefix of a bucket.

Both list what is there with a stamp that changes with the content, and open one file; neither
writes. Pure: no Django.
"""

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol

# Size, time of change of the content (ns), and two marks of the place itself: numbers or text.
Stamp = tuple[int, int, Any, Any]


class FolderFile(NamedTuple):
    """One entry of a folder. ``stamp`` is None where it is no file that may be read."""

    name: str
    stamp: Stamp | None


class StoredFolder(Protocol):
    """What both kinds of folder do. Each method raises OSError where the place does not answer."""

    def exists(self) -> bool:
        """Whether there is such a folder; a bucket has every folder."""

    def files(self) -> list[FolderFile]:
        """What lies in the folder, by name; nothing of the folders in it."""

    def stamp(self, name: str) -> Stamp:
        """The stamp a file has now."""

    def open(self, name: str) -> BinaryIO:
        """A file, to be read from its beginning and closed."""


class DiskFolder:
    """A folder on a disk. Nothing that leads out of it is read: no link, no pipe."""

    def __init__(self, path: Path):
        self._path = Path(path)

    def exists(self) -> bool:
        """Whether it is a folder."""
        return self._path.is_dir()

    def files(self) -> list[FolderFile]:
        """Every entry, by name; folders among them, which have no stamp."""
        home, found = self._path.resolve(), []
        for path in sorted(self._path.iterdir()):
            is_ours = path.resolve().parent == home and path.is_file()
            try:
                found.append(FolderFile(path.name, stamp_of_file(path) if is_ours else None))
            except FileNotFoundError:  # taken away meanwhile
                continue
        return found

    def stamp(self, name: str) -> Stamp:
        """Size, time of change of the content, of the entry, inode."""
        return stamp_of_file(self._path / name)

    def open(self, name: str) -> BinaryIO:
        """Open an ordinary file. Raises OSError where it is (by now) a link or no file."""
        home = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            found = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=home)
        finally:
            os.close(home)
        if not stat.S_ISREG(os.fstat(found).st_mode):
            os.close(found)
            raise OSError("not an ordinary file")
        return open(found, "rb")


class BucketFolder:
    """What lies directly under a prefix of a bucket. An object is there whole or not at all."""

    def __init__(self, storage: Any, path: str):
        self._storage, self._path = storage, path

    def exists(self) -> bool:
        """Always: a bucket has no folders that could be missing."""
        return True

    def files(self) -> list[FolderFile]:
        """Every object, by name, in one request a thousand."""
        return sorted(self._storage.files_under(self._path))

    def stamp(self, name: str) -> Stamp:
        """Size, time of change, the object's ETag."""
        return self._storage.stamp_of(f"{self._path}/{name}")

    def open(self, name: str) -> BinaryIO:
        """The object, fetched whole."""
        return self._storage.open(f"{self._path}/{name}", "rb")


def stamp_of_file(path: Path) -> Stamp:
    """The stamp of a file on a disk. Raises OSError."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
