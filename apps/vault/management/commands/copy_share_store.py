"""Copy the share store into one file: its backup of days, or on the way to another store."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.vault.services import share_store
from apps.vault.shares import StoreUnavailable


class Command(BaseCommand):
    help = "Copy the share store into a new file, to be kept apart from the database for days only."

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *, file, verbosity, **options):
        try:
            n_shares, n_unreadable = share_store.snapshot(file)
        except (StoreUnavailable, OSError) as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"{n_shares} shares were copied to {file}.")
        if n_unreadable:
            self.stderr.write(f"{n_unreadable} shares could not be read: they are not in the copy.")
