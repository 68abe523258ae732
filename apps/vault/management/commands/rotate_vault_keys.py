"""After a new key was put first in VAULT_KEYS: seal everything possible under it."""

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.core.crypto import BadKeyRing
from apps.vault.services.environment_keys import record_environment_keys
from apps.vault.services.ring_usage import describe_older_key_usage, reseal_all
from apps.vault.services.rotation import count_stale_keys, missing_ring_keys, rewrap_keys


class Command(PortalCommand):
    help = (
        "Seal everything anew under the newest key of VAULT_KEYS, and say what still hangs on each "
        "older one (can be stopped and run again)."
    )

    def handle(self, **options):
        try:
            record_environment_keys()
            problem = self._wrap()
            self._reseal()
            for sentence in describe_older_key_usage():
                self.stdout.write(sentence)
        except BadKeyRing as error:
            raise CommandError(str(error)) from error
        if problem:
            raise CommandError(problem)
        self.stdout.write("Every subject key is wrapped with the newest ring key.")

    def _wrap(self):
        """Wrap what can be wrapped; what is wrong with the rest, or ""."""
        n_keys = 0
        while n := rewrap_keys():
            n_keys += n
            self.stdout.write(f"{n_keys} subject keys wrapped anew")
        if lacking := missing_ring_keys():
            names = ", ".join(f"{name!r} ({n} subject keys)" for name, n in lacking.items())
            return f"The key ring has no key {names}. Wrapped so far: {n_keys}."
        left = count_stale_keys()
        return f"{left} keys are damaged and stay as they are. Wrapped: {n_keys}." if left else ""

    def _reseal(self):
        for store, found in reseal_all():
            if found.done:
                self.stdout.write(f"{found.done} {store.what} sealed anew")
            if found.unreadable:
                self.stdout.write(
                    f"{found.unreadable} {store.what} cannot be opened: their key is missing, or "
                    "they are damaged. They stay as they are."
                )
