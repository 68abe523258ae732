"""After a new key was put first in VAULT_KEYS: wrap every subject key anew under it."""

from django.core.management.base import BaseCommand, CommandError

from apps.vault.crypto import BadKeyRing
from apps.vault.services import reseal_codes, rewrap_some
from apps.vault.services.rotation import missing_ring_keys, n_stale


class Command(BaseCommand):
    help = "Wrap all subject keys and printed codes with the newest key of VAULT_KEYS (can be stopped and run again)."

    def handle(self, **options):
        try:
            problem = self._wrap()
            self._codes(reseal_codes())
        except BadKeyRing as error:
            raise CommandError(str(error)) from error
        if problem:
            raise CommandError(problem)
        self.stdout.write("Every key is wrapped with the newest ring key.")

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

    def _wrap(self):
        """Wrap what can be wrapped; what is wrong with the rest, or ""."""
        n_keys = 0
        while n := rewrap_some():
            n_keys += n
            self.stdout.write(f"{n_keys} keys wrapped anew")
        if lacking := missing_ring_keys():
            names = ", ".join(f"{name!r} ({n} subject keys)" for name, n in lacking.items())
            return f"The key ring has no key {names}. Wrapped so far: {n_keys}."
        left = n_stale()
        return f"{left} keys are damaged and stay as they are. Wrapped: {n_keys}." if left else ""
