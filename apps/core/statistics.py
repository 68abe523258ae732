"""The planner's statistics after a bulk write: the statements that follow depend on them.

Autovacuum comes a minute later at best. Until then the planner takes a new city for an empty one
and may join it with nested loops, whose cost grows with the square of the rows.
"""

from django.db import connection

BULK_ROWS = 20_000  # rows; a sample takes some 50 ms, whatever the table's size


def analyse_after(n_written: int, target: str, *, at_least: int = BULK_ROWS) -> None:
    """Take the statistics of a table anew, where at least so many rows were written to it.

    ``target`` is the table, with the columns that later statements join or filter by, as ANALYZE
    wants them: "people_student (id, school_id)". In the caller's transaction.
    """
    if n_written >= at_least:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {target}")
