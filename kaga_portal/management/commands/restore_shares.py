"""Fills an empty share store with the newest copy, without the shares of keys that ended since."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from kaga_portal.backup import backup_folder, share_copy
from kaga_portal.backup.encryption import read_identities
from kaga_portal.backup.problems import BackupProblem


class Command(BaseCommand):
    help = "Fill an empty share store with the newest copy, none of a key that ended."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("from", help="the folder of all backups")
        parser.add_argument("into", metavar="URL", help="an empty store; then KEY_SHARES_URL")
        parser.add_argument("--identity", metavar="FILE", required=True, help="the private key")

    def handle(self, *, into, identity, **options):
        try:
            root = backup_folder.find_root(options["from"])
            known = share_copy.ended_in_use(settings.KEY_SHARES_URL)
            n_put, n_left, n_ended = share_copy.put_back(
                root, into, read_identities(Path(identity)), known
            )
        except BackupProblem as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"{n_put} key shares were put back; {n_left} were left out, whose keys ended; the list "
            f"names {n_ended} ended keys."
        )
