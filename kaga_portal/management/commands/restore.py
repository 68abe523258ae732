"""Restores the database from a backup, to its end or to a moment."""

import contextlib
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kaga_portal.backup import backup_folder
from kaga_portal.backup.embedded_target import EmbeddedTarget
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.restores import Restore
from kaga_portal.backup.retention import remove_folder
from kaga_portal.data_folders import BASE_DIR

MANAGE = str(BASE_DIR / "manage.py")
NOT_OURS = (
    "The server of DATABASE_URL is not ours to stop. Name a new folder with --into: the database is "
    "recovered there, and you start your server on it (docs/operations/restore.md)."
)
UNFINISHED = (
    "The database is restored, but manage.py after_restore failed: see above. Do not start the portal "
    "before it has succeeded."
)
READY = (
    "The recovered database is in {folder}. Give it to the user of your server, start the server on "
    "it, then: manage.py grant_app_role ROLE, manage.py after_restore --reason …, start the portal."
)


class Command(BaseCommand):
    help = "Restore the database from a backup (docs/operations/restore.md)."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("from", help="the folder of all backups, or of one of them")
        parser.add_argument(
            "--identity", metavar="FILE", required=True, help="the private key (backup_key made it)"
        )
        parser.add_argument(
            "--at", metavar="MOMENT", help="like 2026-11-30T12:00:00+09:00; else as far as it goes"
        )
        parser.add_argument(
            "--put-aside", action="store_true",
            help="a database that is there is renamed, and the restored one takes its place",
        )  # fmt: skip
        parser.add_argument(
            "--into", metavar="FOLDER", help="recover into a new folder, for a server of your own"
        )
        parser.add_argument(
            "--reason", help="why, and by whom: acknowledges the restore in the ledger, verifies it"
        )
        parser.add_argument(
            "--programs", metavar="FOLDER", help="programs of another version of PostgreSQL"
        )

    def handle(self, *, identity, at, put_aside, into, reason, programs, **options):
        try:
            moment = backup_folder.parse_moment(at, datetime.now(UTC)) if at else None
            restore = Restore(
                options["from"], moment, Path(identity), self._tell,
                Path(programs).absolute() if programs else None,
            )  # fmt: skip
            if into:
                self._into(restore, Path(into).absolute())
            elif os.environ.get("DATABASE_URL"):
                raise BackupProblem(NOT_OURS)
            else:
                self._embedded(restore, put_aside, reason)
        except BackupProblem as error:
            raise CommandError(str(error)) from error

    def _into(self, restore, folder):
        if folder.exists():
            raise BackupProblem(f"{folder} is there already. Name a new folder.")
        restore.verify()
        draft = folder.with_name(f".{folder.name}.unfinished-restore")
        try:
            restore.recover(draft).rename(folder)
        finally:
            remove_folder(draft)
        restore.put_back_checkpoints()
        self._tell(READY.format(folder=folder))

    def _embedded(self, restore, put_aside, reason):
        target = EmbeddedTarget()
        with target.alone():
            target.check(may_put_aside=put_aside)
            facts = restore.verify()
            try:
                aside = target.take(restore.recover(target.draft))
            finally:
                remove_folder(target.draft)
            for folder in aside:
                self._tell(f"put aside: {folder}")
        restore.put_back_checkpoints()
        self._finish(facts, reason)

    def _finish(self, facts, reason):
        """Everything that needs the restored database, in a process that starts its server."""
        self._tell("rows when the backup was made:")
        for table, n in facts["rows"].items():
            self._tell(f"  {table} {n}")
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, MANAGE, "after_restore"]
            command += ["--reason", reason] if reason else []
            if facts["checkpoint"]:
                checkpoint = Path(folder) / "checkpoint.json"
                checkpoint.write_text(facts["checkpoint"], encoding="utf-8")
                command += ["--against", str(checkpoint)]
            if subprocess.run(command, check=False).returncode:
                raise BackupProblem(UNFINISHED)

    def _tell(self, line):
        with contextlib.suppress(BrokenPipeError):  # nobody reads any more: the restore goes on
            self.stdout.write(line)
            self.stdout.flush()
