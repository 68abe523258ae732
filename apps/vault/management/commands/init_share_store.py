"""Make what KEY_SHARES_URL names the share store of this database: once, when a portal is set up."""

from pathlib import Path

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.vault.models import ShareStore
from apps.vault.services import share_store
from apps.vault.share_snapshots import BadSnapshot
from apps.vault.shares import StoreUnavailable


class Command(PortalCommand):
    help = "Make KEY_SHARES_URL the share store of this database (once; web and worker need it)."

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
        parser.add_argument(
            "--load",
            type=Path,
            metavar="FILE",
            help="a snapshot of this database's store (copy_share_store), to fill an empty one with",
        )

    def handle(self, *, after_loss, only_first, load, verbosity, **options):
        if only_first and ShareStore.objects.exists():
            return
        try:
            n_shares = share_store.load_store(load) if load else 0
            store_id = share_store.initialise_store(after_loss=after_loss)
            problems = share_store.server_setting_problems()
        except (share_store.CannotInitialise, BadSnapshot, StoreUnavailable, OSError) as error:
            raise CommandError(str(error)) from error
        if verbosity:
            loaded = f" {n_shares} shares were loaded." if load else ""
            self.stdout.write(f"KEY_SHARES_URL is the share store {store_id}.{loaded}")
        for problem in problems:
            self.stderr.write(f"Destroyed shares stay readable on its server: {problem}")
