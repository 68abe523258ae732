"""Makes the pair of keys for backups: the private one into a file, the public one to the terminal."""

import os
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from kaga_portal.backup.encryption import new_identity


class Command(BaseCommand):
    help = "Make a private key for backups in a new file, and print its public key."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("file", help="a new file; carry it away from this machine")

    def handle(self, *, file, **options):
        public, private = new_identity()
        try:
            descriptor = os.open(Path(file), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        except FileExistsError as error:
            raise CommandError(f"{file} is there already: a key is never overwritten.") from error
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        with open(descriptor, "w") as out:
            out.write(f"# public key: {public}\n{private}\n")
        self.stdout.write(f"BACKUP_PUBLIC_KEYS={public}")
        self.stdout.write(
            f"The private key is in {file}. Whoever restores needs it, nobody else: keep it away from "
            "this machine, two copies of it. Without it no backup opens."
        )
