"""Django's migrate, after which every trigger of ours fires for everybody, replicas too."""

from django.core.management.commands import migrate
from django.db import connections

from apps.core.triggers import enable_always


class Command(migrate.Command):
    def handle(self, *args, **options):
        """As Django's; then ENABLE ALWAYS for each trigger that a migration made or made anew."""
        super().handle(*args, **options)
        enable_always(connections[options["database"]])
