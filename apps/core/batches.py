"""Splits what is too much for one transaction."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_batches(items: Iterable[T], size: int) -> Iterator[tuple[T, ...]]:
    """The items in their order, ``size`` at a time; the last ones may be fewer."""
    rest = iter(items)
    while batch := tuple(islice(rest, size)):
        yield batch
