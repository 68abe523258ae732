"""The folder of all backups: what lies where in it.

::

    20261130T061500Z/   one backup of the database: manifest.jws, database.tar.gz.age, …
    log/IDENTIFIER/     the write-ahead log of a database server, segment by segment
    shares/…Z/          copies of the key shares, kept for days only
    erasures/           the newest list of ended keys, of each share store
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kaga_portal.backup import manifests
from kaga_portal.backup.problems import BackupProblem

NAME = re.compile(r"\d{8}T\d{6}Z")
DRAFT = ".unfinished-"
DATABASE_PART, FACTS_PART = "database.tar.gz.age", "portal.json.gz.age"
CHECKPOINTS_PART, SHARES_PART = "checkpoints.tar.gz.age", "shares.gz.age"


def backup_name(moment: datetime) -> str:
    """The name of the folder of a backup that began then."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def parse_moment(text: str, now: datetime) -> datetime:
    """A moment in the past with its time zone. Raises BackupProblem."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BackupProblem(
            f"{text!r} is no moment. Write it like 2026-11-30T12:00:00+09:00."
        ) from error
    if moment.tzinfo is None:
        raise BackupProblem(f"{text!r} has no time zone. Write it like {text}+09:00.")
    if moment > now:
        raise BackupProblem(f"{text} is in the future.")
    return moment


def make_root(text: str) -> Path:
    """The folder of all backups, made where it is not there. Raises BackupProblem."""
    root = Path(text).absolute()
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("log", "shares", "erasures"):
            (root / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise BackupProblem(f"{root} cannot be written: {error.strerror}.") from error
    return root


def find_root(text: str) -> Path:
    """The folder of all backups that is there. Raises BackupProblem."""
    root = Path(text).absolute()
    if NAME.fullmatch(root.name):
        root = root.parent
    if not root.is_dir():
        raise BackupProblem(f"{root} is no folder.")
    return root


def finished(folder: Path) -> list[Path]:
    """The finished backups in a folder, oldest first."""
    found = (one for one in folder.iterdir() if NAME.fullmatch(one.name) and one.is_dir())
    return sorted(found, key=lambda one: one.name)


def choose(text: str, moment: datetime | None) -> tuple[Path, dict[str, Any]]:
    """The backup that ``text`` names, or the newest one in it that ended before the moment.

    (its folder, what its manifest says). Raises BackupProblem.
    """
    path = Path(text).absolute()
    is_one = (path / manifests.FILE_NAME).exists() or bool(NAME.fullmatch(path.name))
    candidates = [path] if is_one else finished(find_root(text))
    if not candidates:
        raise BackupProblem(f"There is no finished backup in {path}.")
    for folder in reversed(candidates):
        manifest = manifests.read_manifest(folder / manifests.FILE_NAME, manifests.DATABASE)
        if moment is None or datetime.fromisoformat(manifest["ended_at"]) <= moment:
            return folder, manifest
    raise BackupProblem(
        f"No backup had ended by then: the oldest one ended at {manifest['ended_at']}. "
        "A moment before the end of a backup needs an older one."
    )
