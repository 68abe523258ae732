"""The names of the places for files (settings.STORAGES): always ``storages[NAME]``, never a path."""

from typing import cast

from django.core.files.storage import storages

from apps.core.disk_storage import DiskStorage
from apps.core.stored_folders import StoredFolder

SOURCES = "sources"  # SOURCE_URL: where schools' files are dropped
UPLOADS = "uploads"  # UPLOAD_URL: files of staff until they were imported or discarded
LEDGER = "ledger"  # LEDGER_URL: the second place of the checkpoints
LEDGER_COPY = "ledger_copy"  # LEDGER_COPY_URL: where another party collects checkpoints


def folder_in(alias: str, path: str) -> StoredFolder:
    """A folder of a place, to be watched. Raises SuspiciousOperation where it leads elsewhere."""
    return cast(DiskStorage, storages[alias]).folder(path)  # or a BucketStorage
