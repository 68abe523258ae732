"""Pages of a list that begin after a row, not at a number.

The thousandth page costs what the first one does, nothing is counted, and no row is left out where
others are added or deleted meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

Order = Sequence[str]  # names of columns, "-" for descending; together unique


@dataclass(frozen=True)
class KeysetPage:
    """The rows of one page, and whether there are more before and after it."""

    rows: list = field(default_factory=list)
    has_previous: bool = False
    has_next: bool = False


def page_of(
    queryset: QuerySet,
    order: Order,
    size: int,
    *,
    after: Sequence[Any] | None = None,
    before: Sequence[Any] | None = None,
) -> KeysetPage:
    """At most ``size`` rows after (or before) the row with these values of the order's columns.

    A page before the first full one is the first page: going back ends where the list begins.
    """
    if before is not None:
        found = _rows_after(queryset, _reversed(order), before, size + 1)
        if len(found) <= size:
            return page_of(queryset, order, size)
        return KeysetPage(found[size - 1 :: -1], has_previous=True, has_next=True)
    if after is not None:
        found = _rows_after(queryset, order, after, size + 1)
    else:
        found = list(queryset.order_by(*order)[: size + 1])
    return KeysetPage(found[:size], has_previous=after is not None, has_next=len(found) > size)


def column_names(order: Order) -> list[str]:
    """The columns of an order."""
    return [name.removeprefix("-") for name in order]


def _reversed(order: Order) -> list[str]:
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def _rows_after(queryset: QuerySet, order: Order, values: Sequence[Any], n: int) -> list:
    parts = [
        _OrderPart(name, value, _may_be_null(queryset, name.removeprefix("-")))
        for name, value in zip(order, values, strict=True)
    ]
    same, later = Q(), Q(pk__in=[])
    for part in parts:
        later |= same & part.beyond()
        same &= part.equal()
    rows = queryset.order_by(*order)
    found = list(rows.filter(parts[0].not_before(), later)[:n])
    if len(found) < n and parts[0].is_followed_by_null():
        found += rows.filter(parts[0].is_null(True))[: n - len(found)]
    return found


@dataclass(frozen=True)
class _OrderPart:
    """One column of an order, and its value in the row after which a page begins.

    PostgreSQL holds null for greater than everything.
    """

    name: str
    value: Any
    may_be_null: bool

    def equal(self) -> Q:
        return self.is_null(True) if self.value is None else self._compared("exact")

    def beyond(self) -> Q:
        if self.value is None:
            return self.is_null(False) if self._is_descending else Q(pk__in=[])
        return self._compared("lt") if self._is_descending else self._or_null(self._compared("gt"))

    def not_before(self) -> Q:
        """What an index can begin at: the same or a later value that is not null."""
        if self.value is None:
            return Q() if self._is_descending else self.is_null(True)
        return self._compared("lte" if self._is_descending else "gte")

    def is_followed_by_null(self) -> bool:
        return self.may_be_null and not self._is_descending and self.value is not None

    def is_null(self, answer: bool) -> Q:
        return Q(**{f"{self.name.removeprefix('-')}__isnull": answer})

    @property
    def _is_descending(self) -> bool:
        return self.name.startswith("-")

    def _compared(self, lookup: str) -> Q:
        return Q(**{f"{self.name.removeprefix('-')}__{lookup}": self.value})

    def _or_null(self, compared: Q) -> Q:
        return compared | self.is_null(True) if self.may_be_null else compared


def _may_be_null(queryset: QuerySet, column: str) -> bool:
    if column in queryset.query.annotations:
        return False  # what a list adds to its rows to order them is never null
    model: Any = queryset.model
    for part in column.split("__"):
        each: Any = model._meta.pk if part == "pk" else model._meta.get_field(part)
        if each.null:
            return True
        model = each.related_model or model
    return False
