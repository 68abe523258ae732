"""A place for files on this host's disk."""

import os
from pathlib import Path

from django.core.exceptions import SuspiciousFileOperation
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible

from apps.core.stored_folders import DiskFolder


@deconstructible(path="apps.core.disk_storage.DiskStorage")
class DiskStorage(FileSystemStorage):
    """Django's, and folders to be watched.

    ``is_written_whole``: a file gets its name when it is whole, for others who look at any time.
    """

    def __init__(self, *args, is_written_whole=False, **options):
        super().__init__(*args, **options)
        self._is_written_whole = is_written_whole

    def folder(self, path):
        """The DiskFolder at a path. Raises SuspiciousFileOperation where it leads elsewhere.

        The place itself may be a link; nothing below it may.
        """
        folder = Path(self.path(path))
        if folder.is_dir() and folder.resolve() != Path(self.location).resolve() / path:
            raise SuspiciousFileOperation("A folder below the place is a link.")
        return DiskFolder(folder)

    def _save(self, name, content):
        if not self._is_written_whole:
            return super()._save(name, content)
        head, tail = os.path.split(name)
        unfinished = super()._save(os.path.join(head, f".{tail}.{os.getpid()}"), content)
        os.replace(self.path(unfinished), self.path(name))
        return name
