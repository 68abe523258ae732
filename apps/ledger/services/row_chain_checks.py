"""Verifies the chained rows: every range against its rows, and the ranges against each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import connection

from apps.core.postgresql import in_scope
from apps.ledger.findings import LedgerFinding
from apps.ledger.hash_chain import GENESIS
from apps.ledger.models import ChainedRange
from apps.ledger.row_ranges import RangeEnd, RangeFault, RowRange, range_faults, range_link
from apps.ledger.row_table import RowTable
from apps.ledger.services.chains import chain_keys
from apps.ledger.services.proved_points import ProvedPoint
from apps.ledger.services.row_chains import row_range
from apps.ledger.services.settled_rows import last_id

# The ranges after a number, each with its rows: how many there are (one more than were chained, where
# there are more) and their bytes. One range is in memory at a time.
RANGES = """
SELECT r.seq, coalesce(r.form, 0), coalesce(r.first_id, 0), coalesce(r.last_id, 0),
  coalesce(r.n_rows, 0), coalesce(r.root, ''), coalesce(trunc(extract(epoch FROM r.made_at)
  * 1000000)::text, ''), coalesce(r.link_key, ''), coalesce(r.link, ''), e.n, e.bodies
FROM ledger_chainedrange r CROSS JOIN LATERAL (
  SELECT count(*) AS n, convert_to(coalesce(string_agg(body, E'\\n'), ''), 'UTF8') AS bodies FROM (
    SELECT {body} AS body FROM {table} e WHERE e.id BETWEEN r.first_id AND r.last_id
    ORDER BY e.id LIMIT greatest(r.n_rows, 0)::bigint + 1) one
) e WHERE r.chain_id = %(chain)s AND r.seq > %(after)s ORDER BY r.seq, r.id"""
NEWEST_OF_EACH_KEY = """
SELECT DISTINCT ON (link_key) id FROM ledger_chainedrange WHERE chain_id = %s
ORDER BY link_key, seq DESC"""


@dataclass(frozen=True)
class CheckedRows:
    """How many rows were read, the LedgerFindings, and the newest range (number, link)."""

    n_rows: int
    findings: list[LedgerFinding]
    end: tuple[int, bytes]


def verify_rows(
    source: RowTable,
    point: ProvedPoint | None = None,
    progress: Callable[[int], Any] = lambda n_rows: None,
) -> CheckedRows:
    """Verify all chained rows of a source, with a ``point`` those chained after it.

    ``progress`` is called after each range with how many rows were read. Rows that are not chained yet
    are not verified.
    """
    begun, findings, n_rows = _begin(source, point), [], 0
    end = begun
    statement = RANGES.format(body=source.body_sql("r.form"), table=source.table)
    values = {"chain": source.chain_id, "after": begun.seq if begun.seq else -(2**31)}
    # Not Django's cursor: only psycopg's own streams binary rows.
    with in_scope(), psycopg.Cursor(connection.connection) as cursor:
        stored = (
            (RowRange(*row[:-2]), *row[-2:])
            for row in cursor.stream(statement, values, binary=True)
        )
        for reached, n, fault in range_faults(chain_keys(), source.chain_id, stored, begun):
            end, n_rows = reached, n_rows + n
            progress(n_rows)
            if fault:
                findings.append(_finding(source, fault))
    findings += _beyond_the_counter(source, end)
    return CheckedRows(n_rows, findings, (end.seq, end.link))


def row_key_problems(source: RowTable) -> Iterator[str]:
    """Sentences (English, for the terminal) about signing keys that this environment lacks.

    The newest range under each key is verified.
    """
    keys = chain_keys()
    with connection.cursor() as cursor:
        cursor.execute(NEWEST_OF_EACH_KEY, [source.chain_id])
        newest = ChainedRange.objects.in_bulk([pk for (pk,) in cursor.fetchall()]).values()
    for row in newest:
        chained = row_range(row)
        before = ChainedRange.objects.filter(chain_id=source.chain_id, seq=row.seq - 1).first()
        link = bytes(before.link) if before else GENESIS
        if row.link_key not in keys:
            yield f"SIGNING_KEYS lacks the key {row.link_key!r}: ranges of {source.rows} need it."
        elif range_link(keys[row.link_key], source.chain_id, link, chained) != chained.link:
            yield (
                f"SIGNING_KEYS holds another key under the id {row.link_key!r} than before, "
                f"or a range of {source.rows} was changed: run verify_ledger."
            )


def _begin(source: RowTable, point: ProvedPoint | None) -> RangeEnd:
    """The RangeEnd to go on from: that of the point if it is still there, else the beginning."""
    seq, link = (point.ends if point else {}).get(str(source.chain_id), (0, ""))
    row = ChainedRange.objects.filter(chain_id=source.chain_id, seq=seq).first() if seq else None
    if row is None or bytes(row.link).hex() != link:
        return RangeEnd()
    return RangeEnd(row.seq, bytes(row.link), row.last_id)


def _finding(source: RowTable, fault: RangeFault) -> LedgerFinding:
    first = "the first" if fault.seq == 1 else fault.first
    return LedgerFinding(
        f"{source.rows}, range {fault.seq} (ids from {first} to {fault.last})", fault.what
    )


def _beyond_the_counter(source: RowTable, end: RangeEnd) -> Iterator[LedgerFinding]:
    """Rows, or ranges, with ids that the table's sequence has not counted yet."""
    counted = last_id(source)
    if end.last > counted:
        yield LedgerFinding(
            f"{source.rows}, counter", "stands before the last chained row (it was set back)"
        )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT max(id) FROM {source.table}")  # noqa: S608 - our own table
        (newest,) = cursor.fetchone()
    if newest is not None and newest > max(counted, end.last):
        yield LedgerFinding(
            f"{source.rows}, id {newest}", "was never counted: the row was put in by hand"
        )
