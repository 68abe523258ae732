"""Whether the database's tables are those of this code."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

MISSING_TABLES = (
    "the database has no tables yet, or older ones than this code needs."
    ' Make them with: make manage ARGS="migrate"  (make run does so by itself)'
)


def has_unapplied_migrations() -> bool:
    """Whether ``migrate`` would change the database; False where the database cannot be asked."""
    try:
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    except DatabaseError:
        return False
