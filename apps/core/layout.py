"""Records the migration layout a database was begun with, so that no other migrations run on it."""

from django.core.management import CommandError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql

NOTED = "SELECT obj_description(to_regclass('django_migrations'), 'pg_class')"
OTHER = (
    "This database has {its}; this version has the layout {layout}, and migrations between the two "
    "do not exist. Nothing was changed. Name an empty database in DATABASE_URL, and migrate it."
)


def keep_one_layout(connection: BaseDatabaseWrapper, layout: str) -> None:
    """Note ``layout`` in an empty database; raises CommandError where another one is noted."""
    recorder = MigrationRecorder(connection)
    is_empty = not recorder.has_table() or not recorder.migration_qs.exists()
    with connection.cursor() as cursor:
        cursor.execute(NOTED)
        (noted,) = cursor.fetchone()
        if noted == layout:
            return
        if not is_empty:
            its = f"the layout {noted}" if noted else "a layout without a name"
            raise CommandError(OTHER.format(its=its, layout=layout))
        recorder.ensure_schema()
        statement = sql.SQL("COMMENT ON TABLE django_migrations IS {}")
        cursor.execute(statement.format(sql.Literal(layout)))
