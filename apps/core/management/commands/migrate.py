"""Django's migrate for databases of this layout; then enables every trigger of ours ALWAYS."""

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from apps.core.layout import keep_one_layout
from apps.core.triggers import enable_always


class Command(migrate.Command):
    def handle(self, *args, **options):
        """As Django's; then ENABLE ALWAYS for each trigger that a migration made or made anew."""
        connection = connections[options["database"]]
        keep_one_layout(connection, settings.DATABASE_LAYOUT)
        super().handle(*args, **options)
        enable_always(connection)
