"""Grant the role of web and workers its rights; run by the owner after each migrate."""

from django.core.management.base import CommandError
from django.db import ProgrammingError, connection, transaction

from apps.core.commands import PortalCommand
from apps.core.owner_connection import as_owner
from apps.core.triggers import grant_role


class Command(PortalCommand):
    help = (
        "Grant a database role what the portal needs: no UPDATE, DELETE, TRUNCATE of what appends."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "role", help="the role of DATABASE_URL in web and workers, not the owner"
        )

    def handle(self, *, role, **options):
        try:
            with as_owner(connection), transaction.atomic():
                tables = grant_role(connection, role)
        except ProgrammingError as error:
            raise CommandError(str(error).splitlines()[0]) from error
        self.stdout.write(f"{role} may only append to {len(tables)} tables: {', '.join(tables)}")
