"""Removing what is older than it may be, and drafts of what was not finished."""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from kaga_portal.backup import backup_folder, manifests
from kaga_portal.backup.problems import BackupProblem


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it, as far as that can be done; no error is raised."""
    shutil.rmtree(folder, ignore_errors=True)


def remove_stale_drafts(root: Path, now: datetime) -> None:
    """Remove what a backup that was killed left a day ago or longer."""
    limit = backup_folder.DRAFT + backup_folder.backup_name(now - timedelta(days=1))
    for folder in (root, root / "shares"):
        for draft in folder.glob(f"{backup_folder.DRAFT}*"):
            if draft.name < limit:
                remove_folder(draft)


def remove_old_backups(root: Path, days: int, now: datetime) -> list[str]:
    """Remove backups older than ``days`` and the log before the oldest that stays; their names.

    The newest two always stay. Raises BackupProblem.
    """
    if days < 1:
        raise BackupProblem("--keep-days must be 1 or more.")
    found = backup_folder.finished(root)
    limit = backup_folder.backup_name(now - timedelta(days=days))
    old = [one for one in found[:-2] if one.name < limit]
    for one in old:
        remove_folder(one)
    _remove_log_before(root, backup_folder.finished(root))
    if left := [one.name for one in old if one.exists()]:
        raise BackupProblem(f"These old backups cannot be removed: {', '.join(left)}.")
    return [one.name for one in old]


def _remove_log_before(root, kept):
    """Remove segments that no kept backup needs; those of a server without a backup all stay."""
    first = {}
    for folder in kept:
        manifest = manifests.read_manifest(folder / manifests.FILE_NAME, manifests.DATABASE)
        first.setdefault(manifest["identifier"], manifest["first_segment"])
    for identifier, segment in first.items():
        for path in (root / "log" / identifier).glob("*"):
            name = path.name.partition(".")[0]
            if len(name) == len(segment) and name[8:] < segment[8:]:
                path.unlink(missing_ok=True)
