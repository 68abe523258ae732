"""Backs up the database, the checkpoints and the settings, and apart from them the key shares."""

from datetime import UTC, datetime

from django.conf import settings
from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.vault.shares import StoreUnavailable
from kaga_portal.backup import backup_folder, backups, retention
from kaga_portal.backup.encryption import read_recipients
from kaga_portal.backup.last_backup import note_backup
from kaga_portal.backup.problems import BackupProblem


class Command(PortalCommand):
    help = "Back up the portal, encrypted to BACKUP_PUBLIC_KEYS (docs/operations/backup.md)."

    def add_arguments(self, parser):
        parser.add_argument(
            "to", nargs="?", default=settings.BACKUP_FOLDER,
            help="the folder of all backups (BACKUP_FOLDER)",
        )  # fmt: skip
        parser.add_argument(
            "--public-key", action="append", default=None, metavar="age1…",
            help="instead of BACKUP_PUBLIC_KEYS; may be given twice",
        )  # fmt: skip
        parser.add_argument(
            "--only-shares", action="store_true", help="only the key shares, as often as you like"
        )
        parser.add_argument(
            "--keep-days", type=int, metavar="N",
            help="then remove backups older than N days, and the log before them; two always stay",
        )  # fmt: skip

    def handle(self, *, to, public_key, only_shares, keep_days, **options):
        try:
            if not to:
                raise BackupProblem("Where to? Name a folder, or set BACKUP_FOLDER.")
            recipients = read_recipients(public_key or settings.BACKUP_PUBLIC_KEYS)
            root = backup_folder.make_root(to)
            if not only_shares:
                backups.make_backup(root, recipients, self._tell)
                note_backup()
            backups.make_share_copy(root, recipients, self._tell)
            if keep_days is not None:
                for name in retention.remove_old_backups(root, keep_days, datetime.now(UTC)):
                    self._tell(f"removed {name}: older than {keep_days} days")
        except BackupProblem as error:
            raise CommandError(str(error)) from error
        except (OSError, StoreUnavailable) as error:
            raise CommandError(f"The backup cannot be written: {error}") from error

    def _tell(self, line):
        self.stdout.write(line)
        self.stdout.flush()
