"""Links to the next and the previous page of a list that families read.

A link says after which row its page begins. It is sealed: the ids of some rows tell how many there
are.
"""

from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from orjson import JSONDecodeError, dumps, loads

from apps.core.keyset_pages import Order, column_names, page_of
from apps.core.sealed_tokens import open_token, seal_token

BOUNDARY = "the row after which a page begins"


@dataclass(frozen=True)
class LinkedPage:
    """The rows of one page, and the queries ("?…", "" for none) of the pages around it."""

    rows: list = field(default_factory=list)
    newer: str = ""
    older: str = ""


def requested_page(
    request: HttpRequest, queryset: QuerySet, order: Order, size: int, *, name: str = ""
) -> LinkedPage:
    """The page of a list that the request names; the first one where it names none of this list.

    ``order`` ends with what is unique. ``name`` tells several lists of one page apart.
    """
    after, before = f"{name}after", f"{name}before"
    found = page_of(
        queryset, order, size,
        after=_values(request.GET.get(after, ""), queryset, order),
        before=_values(request.GET.get(before, ""), queryset, order),
    )  # fmt: skip
    return LinkedPage(
        found.rows,
        newer=_query(before, found.rows[0], order) if found.has_previous and found.rows else "",
        older=_query(after, found.rows[-1], order) if found.has_next else "",
    )


def _query(parameter, row, order):
    values = dumps([getattr(row, column) for column in column_names(order)])
    return "?" + urlencode({parameter: seal_token(BOUNDARY, values)})


def _values(token, queryset, order):
    """What the columns of the order held in the row that a token names; None for no such token."""
    content = open_token(BOUNDARY, token) if token else None
    columns = column_names(order)
    try:
        found = loads(content) if content else None
        if not isinstance(found, list) or len(found) != len(columns):
            return None
        fields = [_field(queryset.model, column) for column in columns]
        return [field.to_python(value) for field, value in zip(fields, found, strict=True)]
    except (JSONDecodeError, ValidationError):
        return None


def _field(model, column):
    return model._meta.pk if column == "pk" else model._meta.get_field(column)
