"""Lists of the admin that cost the same with a day's rows and with ten years': pages begin after a
row, nothing is counted that the page does not show, and a search compares by the column's type.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from apps.core.keyset_pages import column_names, page_of
from apps.people.admin_bases.private_search import PrivateChangeList
from apps.people.admin_bases.staff_names import name_accounts

AFTER, BEFORE = "after", "before"


class PagedChangeList(PrivateChangeList):
    """A change list whose page is named by a row: ``?p=after-ID`` or ``?p=before-ID``.

    Anything else there, and a row that is no longer there, is the first page.
    """

    def __init__(self, request, *args, **kwargs):
        self.page_name = request.GET.get(PAGE_VAR, "")
        super().__init__(request, *args, **kwargs)

    def get_ordering(self, request, queryset):
        """The order of the list; a column's heading sorts it only where it is small."""
        if self.model_admin.is_small:
            return super().get_ordering(request, queryset)
        default = self.model_admin.get_ordering(request) or self._get_default_ordering()
        return self._get_deterministic_ordering(default)

    def get_ordering_field_columns(self):
        return super().get_ordering_field_columns() if self.model_admin.is_small else {}

    def get_results(self, request: HttpRequest) -> None:
        order = self.get_ordering(request, self.queryset)
        place = self._place(order)
        self.is_lost = place is None
        page = page_of(self.queryset, order, self.list_per_page, **(place or {}))
        self.result_list, self.result_count = page.rows, len(page.rows)
        name_accounts(page.rows, self.list_display)
        self.is_whole = not (page.has_previous or page.has_next)
        self.first_url = self.get_query_string() if page.has_previous else ""
        self.previous_url = self._page_url(BEFORE, page.rows[:1]) if page.has_previous else ""
        self.next_url = self._page_url(AFTER, page.rows[-1:]) if page.has_next else ""
        self.full_result_count, self.show_full_result_count = None, False
        self.show_admin_actions = bool(page.rows)
        self.can_show_all = self.multi_page = False

    def _place(self, order):
        """{after or before: the values of the named row}; {} for the first page, None where the row
        is gone.
        """
        direction, _, text = self.page_name.partition("-")
        if direction not in (AFTER, BEFORE):
            return {}
        key = _typed(self.opts.pk, text)
        if key is None:
            return {}
        row = self.root_queryset.filter(pk=key).order_by().values_list(*column_names(order))[:1]
        return {direction: row[0]} if row else None

    def _page_url(self, direction, rows):
        return self.get_query_string({PAGE_VAR: f"{direction}-{rows[0].pk}"}) if rows else ""


class PagedListAdmin(admin.ModelAdmin):
    """For a ModelAdmin: its list is paged by key, in the order of ``ordering`` (columns, no
    expressions), for which there is an index.

    ``is_small``: a city has tens of these rows, they do not grow with use; columns can be sorted.
    """

    is_small = False
    show_facets = admin.ShowFacets.NEVER  # a facet counts

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedChangeList]:
        return PagedChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return super().get_sortable_by(request) if self.is_small else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """Compare columns named with ``__exact`` as what they are: ids as ids, never as texts."""
        named = self.get_search_fields(request)
        if not (search_term and named) or not all(name.endswith("__exact") for name in named):
            return super().get_search_results(request, queryset, search_term)
        columns = [name.removesuffix("__exact") for name in named]
        return queryset.filter(equal_to(queryset.model, columns, search_term.strip())), False


class DefaultListFilter(admin.SimpleListFilter):
    """A filter that is always on: its first choice where the URL names none of them."""

    def choices(self, changelist):
        for value, title in self.lookup_choices:
            yield {
                "selected": self.chosen == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    @property
    def chosen(self) -> str:
        """The choice in use."""
        values = [value for value, _ in self.lookup_choices]
        named = self.value()
        return named if named in values else values[0]


def equal_to(model: type[Model], columns: list[str], text: str) -> Q:
    """A Q for rows of which one of these columns has this value; none where it is no such value."""
    found = Q(pk__in=[])
    for name in columns:
        if (value := _typed(model._meta.get_field(name), text)) is not None:
            found |= Q(**{name: value})
    return found


def _typed(column: Any, text: str) -> Any:
    """The text as a value of this column; None where it is none."""
    try:
        return column.to_python(text)
    except ValidationError:
        return None
