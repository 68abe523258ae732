"""Notes a backup that another program made, so that nobody is told that it is late."""

from django.conf import settings
from django.core.management.base import CommandError

from apps.core.commands import PortalCommand
from kaga_portal.backup.last_backup import note_backup


class Command(PortalCommand):
    help = "Note that another program (barman) has just backed up the database."

    def handle(self, **options):
        if not settings.BACKUP_EVERY_HOURS:
            raise CommandError("No backup is expected: set BACKUP_EVERY_HOURS.")
        note_backup()
        self.stdout.write(f"The next one is expected within {settings.BACKUP_EVERY_HOURS} hours.")
