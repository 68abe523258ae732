"""Write the newest checkpoint into a file for another party; verify_ledger --against reads it."""

from pathlib import Path

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.ledger.services.checkpoint_files import newest_checkpoint_file
from apps.ledger.services.given_checkpoints import write_file


class Command(PortalCommand):
    help = "Write the newest signed checkpoint into a file that another party keeps."

    def add_arguments(self, parser):
        parser.add_argument("file", help="where to write it; - for the terminal")

    def handle(self, *, file, **options):
        text = newest_checkpoint_file()
        if not text:
            raise CommandError("There is no checkpoint yet.")
        if file == "-":
            self.stdout.write(text)
            return
        try:
            write_file(Path(file), text)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"The newest checkpoint is in {file}.")
