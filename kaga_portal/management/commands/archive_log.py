"""Receives the write-ahead log of the database and keeps it, encrypted, for restores to a moment."""

import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.vault.shares import StoreUnavailable
from kaga_portal.backup import backup_folder, manifests, share_copy
from kaga_portal.backup.encryption import read_recipients
from kaga_portal.backup.log_archive import LogReceiver
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.source import find_source
from kaga_portal.data_folders import own_folder

SHARE_OF_TIME = 20  # one in twenty-one


class Command(BaseCommand):
    help = "Receive the database's write-ahead log and keep it encrypted, until stopped."

    def add_arguments(self, parser):
        parser.add_argument(
            "to", nargs="?", default=settings.BACKUP_FOLDER,
            help="the folder of all backups (BACKUP_FOLDER)",
        )  # fmt: skip
        parser.add_argument(
            "--once", action="store_true", help="only what has been written until now, then end"
        )

    def handle(self, *, to, once, **options):
        self._is_stopped, self._due = False, 0.0
        try:
            if not to:
                raise BackupProblem("Where to? Name a folder, or set BACKUP_FOLDER.")
            self._recipients = read_recipients(settings.BACKUP_PUBLIC_KEYS)
            manifests.check_ring()
            self._root = backup_folder.make_root(to)
            spool = Path(own_folder("log-spool"))
            receiver = LogReceiver(find_source(), self._root, spool, self._recipients, self._tell)
            if once:
                n_kept = receiver.receive_once()
                self._copy_erasures()
                self._tell(f"{n_kept} files of the log were kept")
                return
            for sign in (signal.SIGTERM, signal.SIGINT):
                signal.signal(sign, self._stop)
            receiver.receive(lambda: self._is_stopped, self._copy_erasures)
        except BackupProblem as error:
            raise CommandError(str(error)) from error

    def _stop(self, *args):
        self._is_stopped = True

    def _copy_erasures(self):
        """The list of ended keys goes with the log; shares that are too old go.

        A list that takes long is copied more seldom: a twentieth of the time at most. Where either
        fails that is told, and the log is received all the same.
        """
        began, now = time.monotonic(), datetime.now(UTC)
        if began < self._due:
            return
        try:
            share_copy.copy_erasures(self._root, self._recipients, now)
        except (StoreUnavailable, BackupProblem, OSError) as error:
            self._tell(f"the list of ended keys was not copied: {error}")
        try:
            share_copy.remove_old_copies(self._root, now)
        except (BackupProblem, OSError) as error:
            self._tell(str(error))
        self._due = time.monotonic() + (time.monotonic() - began) * SHARE_OF_TIME

    def _tell(self, line):
        self.stdout.write(line)
        self.stdout.flush()
