"""Up to which id the rows of a table are settled: none can appear there or change any more.

Ids are counted when a row is written, and rows are seen when their transaction ends: an id below one
that is seen may still come, from a transaction that takes long. Whoever writes a row holds a lock on
its table (ROW EXCLUSIVE) from before the id is counted until the row is seen. So the ids up to the
newest that was counted are settled once all have ended who held that lock afterwards.
"""

import logging
import time
from collections.abc import Collection
from datetime import timedelta

from django.db import connection

from apps.core import clock
from apps.ledger.models import ChainLimit
from apps.ledger.row_table import RowTable

LATE = timedelta(hours=1)  # longer than any task or request may take
TRIES, PAUSE_S = 40, 0.05  # for writers of a moment; longer ones are asked for at the next run
LAST_ID = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(%s, 'id')::regclass), 0)"
# Transactions that write the table now, but for the one that asks. PREPARE TRANSACTION gives one
# another name, beginning with -1.
WRITERS = """
SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND relation = %s::regclass
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND mode = 'RowExclusiveLock' AND granted AND pid IS DISTINCT FROM pg_backend_pid()
"""
log = logging.getLogger(__name__)


def settled_id(source: RowTable) -> int | None:
    """The id up to which the source's rows are settled; None where that is not known yet.

    While somebody writes for long, the last id that was counted is kept with whom it waits for: the
    next runs ask for the same ones, however many others write by then.
    """
    kept, settled = ChainLimit.objects.filter(pk=source.chain_id).first(), None
    if kept is not None and not _still_writing(source, kept.writers):
        settled = min(kept.last_id, last_id(source))
    newest = last_id(source)
    writers = _writers(source)  # after the id: who counted one up to it is among them, or has ended
    if _have_ended(source, writers):
        settled, writers = newest, set()
    if kept is None or settled is not None:
        new = {"last_id": newest, "writers": sorted(writers), "noted_at": clock.now()}
        ChainLimit.objects.update_or_create(chain_id=source.chain_id, defaults=new)
    elif kept.noted_at < clock.now() - LATE:
        log.error("since %s a transaction writes %s and does not end", kept.noted_at, source.table)
    return settled


def last_id(source: RowTable) -> int:
    """The newest id that the table's sequence has counted; 0 before the first."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_ID, [source.table])
        return cursor.fetchone()[0]


def _writers(source: RowTable) -> set[str]:
    """The names of the transactions that write the table now."""
    with connection.cursor() as cursor:
        cursor.execute(WRITERS, [source.table])
        return {name for (name,) in cursor.fetchall()}


def _still_writing(source: RowTable, writers: Collection[str]) -> bool:
    """Whether one of the ``writers`` (names) may still write."""
    return any(name in writers or name.startswith("-1/") for name in _writers(source))


def _have_ended(source: RowTable, writers: Collection[str]) -> bool:
    """Whether all writers have ended, if need be after a short wait."""
    for _ in range(TRIES):
        if not writers or not _still_writing(source, writers):
            return True
        time.sleep(PAUSE_S)
    return False
