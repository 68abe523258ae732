"""Base class of all admin pages: permissions from staff posts.

Rights come from today's staff posts (apps.people.permissions), never from Django's permissions.
"""

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.http import HttpRequest

from apps.core.forms import LinesField
from apps.people.admin_bases.add_once import AddOnceAdmin
from apps.people.admin_bases.database_refusals import DatabaseRefusalAdmin
from apps.people.admin_bases.edit_conflicts import VersionCheckedAdmin
from apps.people.admin_bases.paged_lists import PagedListAdmin
from apps.people.admin_bases.pages import PagesAdmin
from apps.people.admin_bases.private_search import PrivateSearchAdmin
from apps.people.admin_bases.staff_names import name_accounts
from apps.people.permissions import may

ALLOWED_LOOKUPS = (
    "exact",
    "isempty",
    "isnull",
    "gte",
    "lt",
)  # lookups used by Django's own list filters


class StaffAdmin(
    DatabaseRefusalAdmin,
    AddOnceAdmin,
    VersionCheckedAdmin,
    PrivateSearchAdmin,
    PagesAdmin,
    PagedListAdmin,
):
    """Viewed by whoever holds ``view_verb``, edited by whoever holds ``edit_verb`` (None: nobody)."""

    view_verb: str = ""
    edit_verb: str | None = None
    show_full_result_count = False
    formfield_overrides = {models.TextField: {"form_class": LinesField}}

    def changelist_view(self, request, extra_context=None):
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, title | (extra_context or {}))

    def render_change_form(self, request, context, *args, obj=None, **kwargs):
        if obj is not None:
            name_accounts([obj], flatten_fieldsets(self.get_fieldsets(request, obj)))
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Whether a URL may filter the list by this lookup: only those its own filters use.

        Django would allow every column of the row, also one that the list does not show.
        """
        return lookup in filter_parameters(self, request)

    def has_module_permission(self, request):
        return self.has_view_permission(request)

    def has_view_permission(self, request, obj=None):
        return may(request.user, self.view_verb, obj)

    def has_add_permission(self, request):
        return bool(self.edit_verb) and may(request.user, self.edit_verb)

    def has_change_permission(self, request, obj=None):
        return bool(self.edit_verb) and may(request.user, self.edit_verb, obj)

    def has_delete_permission(self, request, obj=None):
        return False


def filter_parameters(model_admin: admin.ModelAdmin, request: HttpRequest | None) -> set[str]:
    """The query parameters of a list's filters."""
    found = set()
    for each in model_admin.get_list_filter(request) if request else model_admin.list_filter:
        if isinstance(each, str | tuple):
            field = each if isinstance(each, str) else each[0]
            found |= {field, *(f"{field}__{end}" for end in ALLOWED_LOOKUPS)}
            found |= {f"{field}__{remote}__exact" for remote in ("id", "pk")}
        else:
            found.add(each.parameter_name)
    return found


class ReadOnlyAdmin(StaffAdmin):
    """For append-only tables: nobody may add, change or delete."""

    edit_verb = None
