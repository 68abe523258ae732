"""Uploaded files, kept in the place UPLOADS until they were imported or discarded.

Each has a folder of its own. Its name begins with its kind, as in a watched folder; the original
name is kept as far as it is a valid name.
"""

import re
from collections.abc import Collection
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files import File
from django.core.files.storage import storages

from apps.core import clock
from apps.core.storage_aliases import UPLOADS, folder_in
from apps.core.stored_folders import StoredFolder
from apps.linkage.models import SyncRun

_UNFIT = re.compile(r"[^\w()()-]+")


def store_upload(file: File, kind: str, name: str) -> str:
    """Store an uploaded file of a ``kind``; its path, for SyncRun.upload. Raises OSError."""
    stem = _UNFIT.sub("_", Path(name).stem).strip("_")[:80]
    return storages[UPLOADS].save(f"{uuid4()}/{kind}_{stem or 'file'}.csv", file)


def upload_folder(run: SyncRun) -> StoredFolder:
    """The folder that holds a run's file only; it may not exist any more."""
    return folder_in(UPLOADS, _folder_of(run.upload))


def has_upload(run: SyncRun) -> bool:
    """Whether the file of a run is still there. Raises OSError."""
    return bool(run.upload) and storages[UPLOADS].exists(run.upload)


def delete_upload(run: SyncRun) -> None:
    """Delete the file of a run; harmless where it is gone, later where the place is away."""
    if run.upload:
        with suppress(OSError):
            _delete(_folder_of(run.upload), [run.upload])


def delete_orphaned_uploads(older_than_s: int, uploads: Collection[str]) -> int:
    """Delete files kept longer than this that are none of these ``uploads``; how many."""
    place, n_gone = storages[UPLOADS], 0
    limit = clock.now() - timedelta(seconds=older_than_s)
    needed = {_folder_of(upload) for upload in uploads}
    with suppress(OSError):  # the place is away, or does not exist yet
        for folder in place.listdir("")[0]:
            if not _is_ours(folder) or folder in needed:
                continue
            paths = [f"{folder}/{name}" for name in place.listdir(folder)[1]]
            if all(place.get_modified_time(path) < limit for path in paths or [folder]):
                _delete(folder, paths)
                n_gone += 1
    return n_gone


def _delete(folder, paths):
    for path in [*paths, folder]:  # a bucket has no folder: deleting it does nothing
        storages[UPLOADS].delete(path)


def _folder_of(upload):
    return upload.partition("/")[0]


def _is_ours(name):
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
