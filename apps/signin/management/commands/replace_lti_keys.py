"""Replaces the signing keys for LTI platforms at once."""

from apps.core.commands import PortalCommand
from apps.signin.services import lti_keys


class Command(PortalCommand):
    help = (
        "Delete every signing key for LTI platforms and sign with a new one at once: for a key that "
        "somebody else has seen, or that does not open. Usual changes happen by themselves."
    )

    def handle(self, **options):
        key = lti_keys.replace_keys()
        self.stdout.write(f"The portal signs with the key {key.key_id!r}; the others are deleted.")
