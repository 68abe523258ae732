"""Chains the rows of a table that can change no more, range after range."""

import logging
from uuid import UUID

from django.db import connection, transaction

from apps.core import clock
from apps.core.time_zone import microseconds
from apps.ledger.models import ChainedRange
from apps.ledger.row_ranges import FIRST_ID, RowRange, range_link, rows_root
from apps.ledger.row_table import RowTable
from apps.ledger.services import chains
from apps.ledger.services.settled_rows import settled_id

ROWS_OF_A_RANGE = 10_000
MOST_RANGES = 100  # in one run; what is left is for the next
NEXT_ROWS = """
SELECT count(*), max(id), convert_to(coalesce(string_agg(body, E'\\n'), ''), 'UTF8') FROM (
  SELECT e.id, {body} AS body FROM {table} e WHERE e.id BETWEEN %s AND %s ORDER BY e.id LIMIT %s
) one"""
log = logging.getLogger(__name__)


def chain_settled_rows(source: RowTable) -> int:
    """Chain the rows that are settled and not chained yet; how many. Costs what is new.

    No range is written in which a row could still appear (settled_rows). A run that another
    one overtakes chains what that one left.
    """
    upto, n_chained = settled_id(source), 0
    if upto is None:
        return 0
    for _ in range(MOST_RANGES):
        n = _chain_next(source, upto)
        n_chained += n
        if n < ROWS_OF_A_RANGE:
            break
    return n_chained


def _chain_next(source: RowTable, upto: int) -> int:
    """Chain the next range up to the id ``upto``; how many rows. Without any, no range."""
    newest = _newest(source.chain_id)
    if not _next_rows(source, newest, upto, most=1)[0]:
        return 0
    with transaction.atomic():
        seq, before = chains.lock_head(source.chain_id)
        newest = _newest(source.chain_id)
        if (newest.seq if newest else 0) != seq:
            log.error("the newest range of %s is not there: run verify_ledger", source.table)
            return 0
        n, last, bodies = _next_rows(source, newest, upto, most=ROWS_OF_A_RANGE)
        if n:
            last = upto if n < ROWS_OF_A_RANGE else last
            _write_range(source, seq + 1, before, (_first(newest), last), n, bodies)
    return n


def _newest(chain: UUID) -> ChainedRange | None:
    return ChainedRange.objects.filter(chain_id=chain).order_by("-seq").first()


def _first(newest: ChainedRange | None) -> int:
    return newest.last_id + 1 if newest else FIRST_ID


def _next_rows(
    source: RowTable, newest: ChainedRange | None, upto: int, most: int
) -> tuple[int, int, bytes]:
    """(how many, their last id, their bytes) of the next rows after the newest range."""
    statement = NEXT_ROWS.format(body=source.body_sql(str(source.form)), table=source.table)
    with connection.cursor() as cursor:
        cursor.execute(statement, [_first(newest), upto, most])
        n, last, bodies = cursor.fetchone()
    return n, last, bytes(bodies)


def _write_range(
    source: RowTable, seq: int, before: bytes, ids: tuple[int, int], n: int, bodies: bytes
) -> None:
    """Write the range of the ids (first, last) and move the head of the chain, which is locked."""
    name, key = chains.newest_chain_key()
    made_at = clock.now()
    row = ChainedRange(
        chain_id=source.chain_id, seq=seq, form=source.form, first_id=ids[0], last_id=ids[1],
        n_rows=n, root=rows_root(bodies), made_at=made_at, link_key=name,
    )  # fmt: skip
    row.link = range_link(key, source.chain_id, before, row_range(row))
    row.save(force_insert=True)
    chains.move_head(source.chain_id, seq, row.link)


def row_range(row: ChainedRange) -> RowRange:
    """What a stored range says."""
    return RowRange(
        row.seq, row.form, row.first_id, row.last_id, row.n_rows, bytes(row.root),
        microseconds(row.made_at), row.link_key, bytes(row.link),
    )  # fmt: skip
