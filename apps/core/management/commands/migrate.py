"""Django's migrate for databases of this layout, by the role that owns them; then what no migration
says: every trigger of ours ALWAYS, each table's policy, the rights of the role that serves.
"""

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connections

from apps.core.layout import keep_one_layout
from apps.core.owner_connection import app_role, as_owner
from apps.core.row_policies import apply_policies
from apps.core.triggers import enable_always, grant_role


class Command(migrate.Command):
    def handle(self, *args, **options):
        """As Django's; then triggers, policies and rights of what a migration made or made anew."""
        connection = connections[options["database"]]
        with as_owner(connection):
            keep_one_layout(connection, settings.DATABASE_LAYOUT)
            super().handle(*args, **options)
            enable_always(connection)
            apply_policies(connection)
            if role := app_role():
                grant_role(connection, role)
