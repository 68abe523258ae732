"""Grant the role of web and workers its rights; run by the owner after each migrate."""

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction

from apps.core.triggers import grant_role


class Command(BaseCommand):
    help = (
        "Grant a database role what the portal needs: no UPDATE, DELETE, TRUNCATE of what appends."
    )

    def add_arguments(self, parser):
        parser.add_argument(
            "role", help="the role of DATABASE_URL in web and workers, not the owner"
        )

    def handle(self, *, role, **options):
        try:
            with transaction.atomic():
                tables = grant_role(connection, role, changeable())
        except ProgrammingError as error:
            raise CommandError(str(error).splitlines()[0]) from error
        self.stdout.write(f"{role} may only append to {len(tables)} tables: {', '.join(tables)}")


def changeable():
    """{table: [columns]} that may be updated in tables that otherwise only append."""
    found = {}
    for model in apps.get_models():
        if columns := getattr(model, "changes_later", None):
            fields = (model._meta.get_field(name) for name in columns)
            found[model._meta.db_table] = [field.column for field in fields]
    return found
