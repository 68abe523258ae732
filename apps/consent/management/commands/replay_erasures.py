"""After a restore: destroy again the keys that had ended, from the list kept with the key shares."""

from django.core.management.base import CommandError

from apps.consent.services.erasures import replay_erasures
from apps.core.commands import PortalCommand
from apps.vault.services.share_store import store_problem


class Command(PortalCommand):
    help = "After a restore of the database: end again every key that had ended before it."

    def handle(self, **options):
        if (trouble := store_problem()) is not None:
            raise CommandError(f"The share store is away ({trouble}): nothing was replayed.")
        self.stdout.write(f"{replay_erasures()} keys that the restore brought back are gone again.")
