"""What the statements of some work cost, counted from their plans: rows handled, not seconds."""

import json
import re
from contextlib import AbstractContextManager

from django.db import connection

from tests.database_roles import as_owner

_COMMENT = re.compile(r"^(\s*--[^\n]*\n)+")
_MEASURED = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE TEMPORARY TABLE \w+ (ON COMMIT DROP )?AS)\s"
)
_ANALYSE = re.compile(r";\s*(ANALYZE [^;]*;\s*)+$")


class RowsHandled(AbstractContextManager):
    """Counts in ``n`` the rows that every statement within the block reads, joins and drops.

    Each statement is executed once by EXPLAIN ANALYZE, undone, and then for itself. A nested loop
    over two tables handles their product: work whose cost grows with the rows has an ``n`` that
    does so, whatever else the machine does.
    """

    def __init__(self):
        self.n = 0
        self._wrapper = connection.execute_wrapper(self._measure)

    def __enter__(self):
        self._wrapper.__enter__()
        return self

    def __exit__(self, *error):
        self._wrapper.__exit__(*error)

    def _measure(self, execute, sql, params, many, context):
        text = _ANALYSE.sub("", _COMMENT.sub("", sql))
        if not many and _MEASURED.match(text) and ";\n" not in text.rstrip().rstrip(";"):
            self.n += self._handled(text.rstrip().rstrip(";"), params)
        return execute(sql, params, many, context)

    def _handled(self, text, params):
        with connection.connection.cursor() as cursor:
            cursor.execute("SAVEPOINT before_plan")
            try:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", params)
                (plans,) = cursor.fetchone()
            finally:
                cursor.execute("ROLLBACK TO SAVEPOINT before_plan")
        plans = json.loads(plans) if isinstance(plans, str) else plans
        return sum(_rows(plan["Plan"]) for plan in plans)


def forget_statistics(*tables):
    """The planner knows nothing of these tables, whatever an earlier test has left behind."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM pg_statistic WHERE starelid = ANY(%s::regclass[]::oid[])", [list(tables)]
        )
        cursor.execute(
            "UPDATE pg_class SET reltuples = -1, relpages = 0"
            " WHERE oid = ANY(%s::regclass[]::oid[])",
            [list(tables)],
        )


def without_dead_rows(table):
    """As before any test: a table and indexes without what earlier tests left, of unknown content."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"CLUSTER {table} USING {table}_pkey")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    forget_statistics(table)


def _rows(node):
    dropped = sum(n for name, n in node.items() if name.startswith("Rows Removed by"))
    own = (node["Actual Rows"] + dropped) * node["Actual Loops"]
    return own + sum(_rows(child) for child in node.get("Plans", ()))
