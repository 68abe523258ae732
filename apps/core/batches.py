"""Splits what is too much for one transaction, or for memory."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

T = TypeVar("T")
M = TypeVar("M", bound=Model)


def in_batches(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in their order, ``size`` at a time; the last ones may be fewer."""
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch


def rows_by_key(rows: QuerySet[M], size: int, key: str = "pk") -> Iterator[M]:
    """The rows in the order of a unique ``key``, ``size`` in memory at a time.

    Each batch is a query of its own: no cursor stays open, which a pooler would lose.
    """
    last: dict[str, Any] = {}
    while batch := list(rows.filter(**last).order_by(key)[:size]):
        yield from batch
        last = {f"{key}__gt": getattr(batch[-1], key)}
