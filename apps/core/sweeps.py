"""Bulk deletion: in small transactions, until nothing is due or time is up."""

import time
from collections.abc import Callable
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import QuerySet

BATCH_SIZE = 5_000  # rows a transaction
TIME_LIMIT_S = 40.0  # a run lasts no longer; the next one continues


class SweepResult(NamedTuple):
    """How many rows were deleted, and whether nothing due was left."""

    n: int
    is_done: bool


def run_sweep(step: Callable[[], int], *, seconds: float = TIME_LIMIT_S) -> SweepResult:
    """Call ``step`` until it returns 0, each time in a transaction, for at most ``seconds``.

    ``step`` deletes some rows and returns how many. What it raises is passed on; what earlier
    steps deleted stays deleted.
    """
    until, n = time.monotonic() + seconds, 0
    while True:
        with transaction.atomic():
            n_now = step()
        n += n_now
        if not n_now:
            return SweepResult(n, True)
        if time.monotonic() >= until:
            return SweepResult(n, False)


def delete_batch(due: QuerySet, at_once: int = BATCH_SIZE) -> int:
    """Delete up to ``at_once`` unlocked rows of ``due``; how many rows of its table were deleted.

    Rows that refer to them are deleted or refused as the models say.
    """
    model = due.model
    held = due.order_by().select_for_update(of=["self"], skip_locked=True)
    chosen = list(held.values_list("pk", flat=True)[:at_once])
    counted = model._base_manager.filter(pk__in=chosen).delete()[1] if chosen else {}
    return counted.get(model._meta.label, 0)


def delete_due(
    due: QuerySet, *, at_once: int = BATCH_SIZE, seconds: float = TIME_LIMIT_S
) -> SweepResult:
    """Delete the rows of ``due``, ``at_once`` a transaction, until none is left or time is up."""
    return run_sweep(lambda: delete_batch(due, at_once), seconds=seconds)


def delete_bounded(sql: str, params: list) -> int:
    """Execute a DELETE that bounds itself; how many rows. For tables with millions of rows."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount
