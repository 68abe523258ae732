"""Writes the tables of docs/security/keys-and-data.md anew, after a table of the code changed."""

from django.conf import settings
from django.core.management.base import BaseCommand

from kaga_portal.security_tables import replace_tables


class Command(BaseCommand):
    help = "Write the tables of docs/security/keys-and-data.md anew from the code."

    def handle(self, **options):
        path = settings.BASE_DIR / "docs" / "security" / "keys-and-data.md"
        path.write_text(replace_tables(path.read_text()))
        self.stdout.write(str(path))
