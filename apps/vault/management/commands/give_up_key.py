"""When a ring key is lost or must go at once: states that what depends on it is given up."""

from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from apps.vault.models import KeyKind
from apps.vault.services import environment_keys
from apps.vault.services.ring_usage import older_key_usage


class Command(PortalCommand):
    help = (
        "Give up what hangs on a key that is out of the environment for good, so that the portal "
        "starts without it. Says what that is; writes only with --reason."
    )

    def add_arguments(self, parser):
        parser.add_argument("kind", choices=KeyKind.values)
        parser.add_argument("name", help="the key's id in the ring, or the check value of a secret")
        parser.add_argument("--reason", default="", help="why; kept with the key")

    def handle(self, *, kind, name, reason, **options):
        if name in {each for each, _ in environment_keys.environment_keys()[kind]}:
            raise CommandError(f"The environment still holds the key {name!r}: take it out first.")
        if kind == KeyKind.VAULT:
            for each in older_key_usage():
                if each.key == name:
                    self.stdout.write(f"{each} will not open any more.")
        if not reason:
            raise CommandError("Nothing was changed. Say why with --reason to give it up.")
        environment_keys.give_up_key(KeyKind(kind), name, reason[:200])
        self.stdout.write(f"The key {name!r} is given up.")
