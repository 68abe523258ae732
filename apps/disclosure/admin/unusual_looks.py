"""The privacy officer's list of looks outside the duty pattern."""

from django.contrib import admin

from apps.disclosure.models import UnusualLook
from apps.disclosure.services import unusual_looks
from apps.people.admin_bases.edit_conflicts import listed_staff_name
from apps.people.admin_bases.staff import ReadOnlyAdmin


@admin.register(UnusualLook)
class UnusualLookAdmin(ReadOnlyAdmin):
    """Who, on which day, in what way, at how many children: names no child."""

    view_verb = unusual_looks.VIEW_VERB
    list_display = ("on", "who", "kind", "n_students")
    list_filter = ("kind",)
    list_select_related = ("person",)
    ordering = ("-on", "-pk")
    fields = ("on", "who", "kind", "n_students", "found_at")
    readonly_fields = fields

    def get_queryset(self, request):
        return unusual_looks.unusual_looks_for(request.user).prefetch_related("person__staff_posts")

    @admin.display(description="職員")
    def who(self, row):
        return listed_staff_name(row.person)
