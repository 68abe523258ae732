"""Which statements a piece of code sends, and how PostgreSQL would find their rows."""

import json
import re
from collections.abc import Callable, Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

PLACEHOLDER = re.compile(r"%\(\w+\)s")
SEARCHES_NOTHING = ("seqscan", "indexscan", "indexonlyscan")  # or may not
FRAMES = ("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "SET ", "CLOSE", "FETCH")


def statements_of(work: Callable[[], object]) -> list[str]:
    """The statements that ``work`` sends, without those that frame a transaction."""
    with CaptureQueriesContext(connection) as captured:
        work()
    return [query["sql"] for query in captured if not query["sql"].lstrip().startswith(FRAMES)]


def unbounded_scans(statements: list[str], tables: set[str]) -> list[str]:
    """The reads of ``tables`` in these statements that no index narrows.

    A test has few rows, for which PostgreSQL would read every table whole: it is told that this is
    dear, as is walking along an index, and does so only where no index finds what is sought.
    """
    return [
        f"{node['Node Type']} of {node['Relation Name']}: {statement[:200]}"
        for statement in statements
        for node in _nodes(statement)
        if node.get("Relation Name") in tables and not _is_narrowed(node)
    ]


def indexes_used(statements: list[str], table: str) -> set[str]:
    """The indexes by which these statements read a table."""
    found = set()
    for statement in statements:
        for node in _nodes(statement):
            if node.get("Relation Name") == table:
                found |= {each["Index Name"] for each in _below(node) if "Index Name" in each}
    return found


def _is_narrowed(node):
    return node["Node Type"] in ("Bitmap Heap Scan", "ModifyTable") or "Index Cond" in node


def _nodes(statement: str) -> Iterator[dict]:
    if not statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE", "WITH", "DECLARE")):
        return
    with connection.cursor() as cursor:
        for kind in SEARCHES_NOTHING:
            cursor.execute(f"SET LOCAL enable_{kind} = off")
        cursor.execute("EXPLAIN (FORMAT JSON) " + _plain(statement))
        (plans,) = cursor.fetchone()
        for kind in SEARCHES_NOTHING:
            cursor.execute(f"SET LOCAL enable_{kind} = on")
    for plan in plans if isinstance(plans, list) else json.loads(plans):
        yield from _below(plan["Plan"])


def _plain(statement):
    """The query of a cursor; without the values that a prepared statement is sent beside it."""
    head, _, query = statement.partition(" FOR ")
    statement = query if head.lstrip().upper().startswith("DECLARE") else statement
    return PLACEHOLDER.sub("NULL", statement)


def _below(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _below(child)
