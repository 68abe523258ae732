"""What a student's year weighs in the tables that grow fastest, their indexes included."""

from django.db import connection

from bench.harness import figure

SCHOOL_YEAR = 200  # days
GOALS = {"audit": ("audit_auditevent", 140_000), "checkins": ("checkins_checkin", 60_000)}
INDEXES = """
SELECT i.relname, pg_relation_size(i.oid) FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = %s::regclass ORDER BY 2 DESC
"""


def bytes_per_student_year(n_students, n_days):
    """The figures, and the bytes a row of each table and index."""
    for name, (table, goal) in GOALS.items():
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*), pg_table_size('{table}'), pg_total_relation_size('{table}') "  # noqa: S608
                f"FROM {table}"
            )
            n_rows, heap, total = cursor.fetchone()
            cursor.execute(INDEXES, [table])
            indexes = ", ".join(f"{index} {size / n_rows:.1f}" for index, size in cursor)
        value = total / n_students * SCHOOL_YEAR / n_days
        print(f"{table}: {n_rows:,} rows; bytes a row: table {heap / n_rows:.0f}, {indexes}")
        figure(f"bytes_per_student_year_{name}", value, "bytes",
               ratio=goal / value, to=f"{goal // 1000}_kB", goal=1.0)  # fmt: skip
