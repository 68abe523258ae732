"""After a restore: state in the ledger, signed, that the database was set back, and since when."""

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.ledger.services.checkpoints import NotRolledBack, acknowledge_rollback


class Command(PortalCommand):
    help = "After a restore of the database: sign in the ledger that it was set back, and why."

    def add_arguments(self, parser):
        parser.add_argument("--reason", required=True, help="why, and by whom; kept for ever")

    def handle(self, *, reason, **options):
        try:
            checkpoint = acknowledge_rollback(reason)
        except NotRolledBack as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Checkpoint {checkpoint.pk} says that the database was restored.")
