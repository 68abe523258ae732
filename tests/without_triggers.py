"""What somebody who owns the database does: past every trigger and foreign key."""

from contextlib import contextmanager

from django.db import connection

from tests.database_roles import as_owner

ALL = "SELECT array_agg(tgname)::text FROM pg_trigger WHERE NOT tgisinternal"
OFF = (
    "SET session_replication_role = replica;",
    f"SELECT set_config('pgtrigger.ignore', ({ALL}), false);",
)
ON = (
    "SELECT set_config('pgtrigger.ignore', '{}', false);",
    "SET session_replication_role = DEFAULT;",
)


@contextmanager
def triggers_off():
    """A cursor for which no trigger fires and no foreign key is asked."""
    with as_owner(), connection.cursor() as cursor:
        for statement in OFF:
            cursor.execute(statement)
        yield cursor
        for statement in ON:
            cursor.execute(statement)
