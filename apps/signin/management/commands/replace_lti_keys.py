"""Replaces the signing keys for LTI platforms at once."""

from django.core.management.base import BaseCommand

from apps.signin.services import lti_keys


class Command(BaseCommand):
    help = (
        "Delete every signing key for LTI platforms and sign with a new one at once: for a key that "
        "somebody else has seen, or that does not open. Usual changes happen by themselves."
    )

    def handle(self, **options):
        key = lti_keys.replace_keys()
        self.stdout.write(f"The portal signs with the key {key.key_id!r}; the others are deleted.")
