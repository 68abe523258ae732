"""Restores a backup to a moment: verified first, recovered in a new folder, then put in its place."""

import json
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from kaga_portal.backup import backup_folder, log_archive, manifests
from kaga_portal.backup.database_copy import SEGMENT_BYTES
from kaga_portal.backup.encryption import CUT_OR_CHANGED, decrypted, read_identities
from kaga_portal.backup.portal_facts import checkpoints_folder
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.recovery import Recovery
from kaga_portal.backup.retention import remove_folder
from kaga_portal.backup.source import find_programs

NO_CHECKPOINTS = (
    "{folder} cannot be filled with the checkpoints of the backup: {error} The database is restored. "
    "Before web and workers start, put checkpoints there that can be trusted: of another backup, or "
    "the other party's."
)
OTHER_LAYOUT = (
    "The backup has the database layout {theirs}, this version has {ours}. Restore it with the "
    "version that made it, then update."
)
OTHER_MAJOR = (
    "The backup is of PostgreSQL {theirs}, the programs here are of {ours}. Name the folder of "
    "PostgreSQL {theirs}'s programs with --programs."
)
GAP = (
    "warning: {segment} of the log is missing. What was written from it on cannot be restored from "
    "this backup; a later one may hold it."
)


class Restore:
    """One restore. Nothing outside of ``folder`` is written before ``recover`` has returned."""

    def __init__(
        self, text: str, moment: datetime | None, key: Path, tell: Callable[[str], None],
        programs: Path | None = None,
    ):  # fmt: skip
        self._tell, self._moment = tell, moment
        self._identities = read_identities(key)
        self.backup, self._manifest = backup_folder.choose(text, moment)
        self._log = log_archive.LogFolder(self.backup.parent, self._manifest["identifier"])
        self._programs = programs or find_programs()

    def verify(self) -> dict[str, Any]:
        """Everything that can be known before anything is written; the facts of the portal.

        Raises BackupProblem.
        """
        self._tell(f"backup {self.backup.name}, ended at {self._manifest['ended_at']}")
        if self._manifest["layout"] != settings.DATABASE_LAYOUT:
            raise BackupProblem(
                OTHER_LAYOUT.format(theirs=self._manifest["layout"], ours=settings.DATABASE_LAYOUT)
            )
        if (ours := major_of(self._programs)) != self._manifest["postgresql"]:
            raise BackupProblem(OTHER_MAJOR.format(theirs=self._manifest["postgresql"], ours=ours))
        manifests.verify_parts(self.backup, self._manifest, self._tell)
        with self._opened(backup_folder.FACTS_PART) as plain:
            return json.load(plain)

    def recover(self, folder: Path) -> Path:
        """Recover into ``folder``, a new one; where the data lies then. Raises BackupProblem."""
        began = time.monotonic()
        names = self._log.names(self._manifest["first_segment"])
        needed = self._manifest["database_bytes"] + SEGMENT_BYTES * (len(names) + 2)
        remove_folder(folder)  # of a restore that was killed
        self._check_space(folder.parent, needed)
        recovery = Recovery(self._programs, folder, self._tell)
        try:
            last = self._unpack_and_replay(recovery, names)
        except OSError as error:
            remove_folder(folder)
            raise BackupProblem(f"{folder} cannot be written: {error}.") from error
        except BaseException:
            remove_folder(folder)
            raise
        end = f", its last transaction of {last}" if last else ""
        self._tell(f"the database is recovered{end}, {time.monotonic() - began:.1f} s")
        return recovery.data

    def _unpack_and_replay(self, recovery, names):
        """What ``Recovery.recover`` returns, with these files of the log."""
        recovery.make_folders()
        copy = self.backup / backup_folder.DATABASE_PART
        recovery.unpack(
            copy, self._identities, self._manifest["database_bytes"],
            manifests.part_named(self._manifest, copy.name),
        )  # fmt: skip
        gap = log_archive.find_gap(names, self._manifest["first_segment"])
        if gap:
            self._tell(GAP.format(segment=gap))
        for log, kept in names.items():
            self._log.open_into(recovery.log, log, kept, self._identities)
        self._tell(f"{len(names)} files of the log, replaying")
        return recovery.recover(self._moment, log_archive.last_before_gap(names, gap))

    def put_back_checkpoints(self) -> None:
        """Fill the second place of the ledger where it is a folder that is missing or empty.

        One that holds checkpoints is newer than the backup, and is never set back. Where they cannot
        be written that is told: the database is restored all the same.
        """
        part = self.backup / backup_folder.CHECKPOINTS_PART
        folder = checkpoints_folder()
        if folder is None or not part.exists() or (folder.is_dir() and any(folder.iterdir())):
            return
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (
                self._opened(part.name) as plain,
                tarfile.open(fileobj=plain, mode="r|") as tar,
            ):
                tar.extractall(folder, filter="data")
        except (BackupProblem, OSError, tarfile.TarError, *CUT_OR_CHANGED) as error:
            self._tell(NO_CHECKPOINTS.format(folder=folder, error=error))
            return
        self._tell(f"{folder} was empty: the checkpoints of the backup are in it")

    def _opened(self, name):
        part = manifests.part_named(self._manifest, name)
        return decrypted(self.backup / name, self._identities, part)

    def _check_space(self, folder, needed):
        while not folder.exists():
            folder = folder.parent
        if (free := shutil.disk_usage(folder).free) < needed:
            raise BackupProblem(
                f"{folder} has {free / 1e9:,.1f} GB free, the restore needs {needed / 1e9:,.1f} GB."
            )


def major_of(programs: Path) -> int:
    """The major version of the programs in a folder. Raises BackupProblem."""
    try:
        done = subprocess.run(
            [programs / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        return int(done.stdout.split()[2].partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError) as error:
        raise BackupProblem(f"{programs} holds no programs of PostgreSQL that run.") from error
