"""The staff door: what every admin page of ours shares.

Rights come from today's posts (apps.people.permissions), never from Django's permission rows.
"""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from apps.core.forms import LinesField
from apps.people.admin_bases.add_once import AddOnceAdmin
from apps.people.admin_bases.database_refusals import DatabaseRefusalAdmin
from apps.people.admin_bases.edit_conflicts import VersionCheckedAdmin
from apps.people.admin_bases.private_search import PrivateSearchAdmin
from apps.people.permissions import may

ALLOWED_LOOKUPS = (
    "exact",
    "isempty",
    "isnull",
    "gte",
    "lt",
)  # what Django's filters of a field ask


class StaffAdmin(
    DatabaseRefusalAdmin, AddOnceAdmin, VersionCheckedAdmin, PrivateSearchAdmin, admin.ModelAdmin
):
    """Shown to who holds ``view_verb``, changed by who holds ``edit_verb`` (None: by nobody)."""

    view_verb = ""
    edit_verb = None
    show_full_result_count = False
    formfield_overrides = {models.TextField: {"form_class": LinesField}}

    def changelist_view(self, request, extra_context=None):
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, title | (extra_context or {}))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Whether an address may ask the list for this: only what its filters themselves ask.

        Django would answer for every column of the row, also for one that the list does not show.
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


def filter_parameters(door: admin.ModelAdmin, request: HttpRequest | None) -> set[str]:
    """The parameters by which the filters of a list narrow it."""
    found = set()
    for each in door.get_list_filter(request) if request else door.list_filter:
        if isinstance(each, str | tuple):
            field = each if isinstance(each, str) else each[0]
            found |= {field, *(f"{field}__{end}" for end in ALLOWED_LOOKUPS)}
            found |= {f"{field}__{remote}__exact" for remote in ("id", "pk")}
        else:
            found.add(each.parameter_name)
    return found


class ReadOnlyAdmin(StaffAdmin):
    """For tables that only append: everybody may at most look."""

    edit_verb = None
