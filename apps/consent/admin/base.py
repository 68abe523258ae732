"""What the staff pages about consent share: the municipality filter and role names."""

from django.contrib import admin

from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Role
from apps.people.permissions import municipalities_where


class CityAdmin(StaffAdmin):
    """Rows of the person's own municipality: edited by the city, read by staff who care for
    students.
    """

    view_verb = "consent.view"
    edit_verb = "consent.edit"

    def get_queryset(self, request):
        found = super().get_queryset(request)
        return found.filter(municipality__in=municipalities_where(request.user, self.view_verb))


class TermsAdmin(CityAdmin):
    """Rows with ``readers``; people who may only read the row see these roles in words."""

    def get_fields(self, request, obj=None):
        if self.has_change_permission(request, obj):
            return self.fields
        return ["readers_in_words" if name == "readers" else name for name in self.fields]

    def get_readonly_fields(self, request, obj=None):
        return (*self.readonly_fields, "readers_in_words")

    @admin.display(description="内容を開ける立場")
    def readers_in_words(self, row):
        return "、".join(str(Role(role).label) for role in row.readers) or "だれもいません"
