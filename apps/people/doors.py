"""The staff door: what every admin page of ours shares.

Rights come from today's posts (apps.people.permissions), never from Django's permission rows.
"""

from django.contrib import admin
from django.db import models

from apps.core.forms import LinesField
from apps.people.add_once import AddOnceAdmin
from apps.people.edit_check import VersionCheckedAdmin
from apps.people.permissions import may
from apps.people.private_search import PrivateSearchAdmin
from apps.people.refusals import RefusalsTold


class StaffDoor(
    RefusalsTold, AddOnceAdmin, VersionCheckedAdmin, PrivateSearchAdmin, admin.ModelAdmin
):
    """Shown to who holds ``view_verb``, changed by who holds ``edit_verb`` (None: by nobody)."""

    view_verb = ""
    edit_verb = None
    show_full_result_count = False
    formfield_overrides = {models.TextField: {"form_class": LinesField}}

    def changelist_view(self, request, extra_context=None):
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, title | (extra_context or {}))

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


class RecordDoor(StaffDoor):
    """For tables that only append: everybody may at most look."""

    edit_verb = None
