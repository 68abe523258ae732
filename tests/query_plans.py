"""Which statements a piece of code sends, and how PostgreSQL would find their rows."""

import json
from collections.abc import Callable, Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

FRAMES = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET ", "CLOSE", "FETCH")


def statements_of(work: Callable[[], object]) -> list[str]:
    """The statements that ``work`` sends, without those that frame a transaction."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured if not query["sql"].lstrip().startswith(FRAMES)]


def unbounded_scans(statements: list[str], tables: set[str]) -> list[str]:
    """The reads of ``tables`` in these statements that no index narrows.

    A test has few rows, for which PostgreSQL would read every table whole: it is told that this is
    dear, and does so only where there is no index for what is sought.
    """
    found = []
    for statement in statements:
        for node in _nodes(statement):
            if node.get("Relation Name") in tables and not _is_narrowed(node):
                found.append(f"{node['Node Type']} of {node['Relation Name']}: {statement[:200]}")
    return found


def indexes_used(statements: list[str], table: str) -> set[str]:
    """The indexes by which these statements read a table."""
    found = set()
    for statement in statements:
        for node in _nodes(statement):
            if node.get("Relation Name") == table:
                found |= {each["Index Name"] for each in _below(node) if "Index Name" in each}
    return found


def _is_narrowed(node):
    return node["Node Type"] == "Bitmap Heap Scan" or "Index Cond" in node


def _nodes(statement: str) -> Iterator[dict]:
    if not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH", "DECLARE")):
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN (FORMAT JSON) " + _without_cursor(statement))
        (plans,) = cursor.fetchone()
        cursor.execute("SET LOCAL enable_seqscan = on")
    for plan in plans if isinstance(plans, list) else json.loads(plans):
        yield from _below(plan["Plan"])


def _without_cursor(statement):
    head, _, query = statement.partition(" FOR ")
    return query if head.lstrip().upper().startswith("DECLARE") else statement


def _below(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _below(child)
