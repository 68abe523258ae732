"""After a new key was put first in VAULT_KEYS: wrap every subject key anew under it."""

from django.core.management.base import BaseCommand, CommandError

from apps.vault.crypto import BadKeyRing, CannotOpen
from apps.vault.services import reseal_codes, rewrap_some


class Command(BaseCommand):
    help = "Wrap all subject keys and printed codes with the newest key of VAULT_KEYS (can be stopped and run again)."

    def handle(self, **options):
        n_keys = 0
        try:
            while n := rewrap_some():
                n_keys += n
                self.stdout.write(f"{n_keys} keys wrapped anew")
        except (BadKeyRing, CannotOpen) as error:
            raise CommandError(f"{error} Wrapped so far: {n_keys}.") from error
        self.stdout.write("Every key is wrapped with the newest ring key.")
        self._codes(reseal_codes())

    def _codes(self, found):
        """Say what became of the codes of cards and letters."""
        self.stdout.write(f"{found.done} codes of cards and letters sealed anew")
        if found.unreadable:
            self.stdout.write(
                f"{found.unreadable} codes cannot be opened: their ring key is missing. "
                "Their cards and letters need a new code."
            )
        if found.unsealed:
            self.stdout.write(
                f"{found.unsealed} codes were never sealed: keep the ring key they were made under."
            )
