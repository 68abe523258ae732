"""Do now what the night does: remove what is left of destroyed shares in the store's own files."""

from django.core.management.base import BaseCommand, CommandError

from apps.vault.services import share_store
from apps.vault.shares import StoreUnavailable


class Command(BaseCommand):
    help = "Remove what is left of destroyed shares in the store's own files, as each night."

    def handle(self, *, verbosity, **options):
        try:
            share_store.purge_store()
        except StoreUnavailable as error:
            raise CommandError(str(error)) from error
        if verbosity:
            self.stdout.write("Nothing of destroyed shares is left in the store's files.")
