"""Make KEY_SHARES_FOLDER the share store of this database: once, when a portal is set up."""

from django.core.management.base import BaseCommand, CommandError

from apps.vault.models import ShareStore
from apps.vault.services.share_store import CannotInitialise, initialise_store
from apps.vault.shares import StoreUnavailable


class Command(BaseCommand):
    help = "Make KEY_SHARES_FOLDER the share store of this database (once; web and worker need it)."

    def add_arguments(self, parser):
        parser.add_argument(
            "--after-loss",
            action="store_true",
            help="the store of this database is lost for good: begin an empty one",
        )
        parser.add_argument(
            "--only-first",
            action="store_true",
            help="do nothing where this database has a share store",
        )

    def handle(self, *, after_loss, only_first, verbosity, **options):
        if only_first and ShareStore.objects.exists():
            return
        try:
            store_id = initialise_store(after_loss=after_loss)
        except (CannotInitialise, StoreUnavailable) as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write(f"KEY_SHARES_FOLDER is the share store {store_id}.")
