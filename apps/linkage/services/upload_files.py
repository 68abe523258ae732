"""Uploaded files on disk, kept until they were imported or discarded.

They are in a folder that the worker can read and no source may name. Their name begins with their
kind, as in a watched folder; the original name is kept as far as it is a valid name.
"""

import os
import re
import shutil
import time
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

UPLOAD_FOLDER = ".received"
_UNFIT = re.compile(r"[^\w()()-]+")


def store_upload(file, kind, name):
    """Store an uploaded file (of Django) of a ``kind``; its path, for SyncRun.upload."""
    upload_dir = _home() / str(uuid4())
    upload_dir.mkdir(mode=0o700, parents=True)
    stem = _UNFIT.sub("_", Path(name).stem).strip("_")[:80]
    path = upload_dir / f"{kind}_{stem or 'file'}.csv"
    with open(path, "xb", opener=_for_us_only) as target:
        for block in file.chunks():
            target.write(block)
    return str(path.relative_to(_home()))


def upload_folder(run):
    """The folder that holds a run's file only; it may not exist any more."""
    return _home() / run.upload.partition("/")[0]


def upload_path(run):
    """The file of a run, or None where it is gone."""
    path = _home() / run.upload
    return path if run.upload and path.is_file() else None


def delete_upload(run):
    """Delete the file of a run; harmless where it is gone."""
    if run.upload:
        shutil.rmtree(upload_folder(run), ignore_errors=True)


def delete_orphaned_uploads(older_than_s, uploads):
    """Delete files kept longer than this that are none of these ``uploads``; how many."""
    limit, n_gone = time.time() - older_than_s, 0
    needed = {upload.partition("/")[0] for upload in uploads}
    for folder in _home().iterdir() if _home().is_dir() else ():
        is_lost = _is_ours(folder.name) and folder.name not in needed
        if is_lost and folder.stat().st_mtime < limit:
            shutil.rmtree(folder, ignore_errors=True)
            n_gone += 1
    return n_gone


def _home():
    return Path(settings.SOURCE_FOLDER) / UPLOAD_FOLDER


def _is_ours(name):
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


def _for_us_only(path, flags):
    return os.open(path, flags, 0o600)
