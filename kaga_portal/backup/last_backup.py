"""Notes when the last backup was made: staff and monitoring are told when the next is late."""

from datetime import timedelta

from django.conf import settings

from apps.core import heartbeat


def note_backup() -> None:
    """Note that a backup of the database was made just now."""
    if hours := settings.BACKUP_EVERY_HOURS:
        heartbeat.note_backup(timedelta(hours=hours))
