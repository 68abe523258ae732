"""Admin page of a school's check-in settings."""

from django.contrib import admin

from apps.checkins.models import CheckInSettings
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import schools_where
from apps.people.services.recorded_changes import record_change


@admin.register(CheckInSettings)
class CheckInSettingsAdmin(StaffAdmin):
    view_verb = edit_verb = "checkins.settings"
    is_small = True
    list_display = ["school", "tells_when_seen"]
    fields = ["school", "tells_when_seen"]

    def get_queryset(self, request):
        own_schools = schools_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(school__in=own_schools)

    def get_readonly_fields(self, request, obj=None):
        return ["school"] if obj else []

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "school":
            kwargs["queryset"] = schools_where(request.user, self.edit_verb)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.municipality_id = obj.school.municipality_id
        super().save_model(request, obj, form, change)
        record_change(obj, request.user, form.changed_data, verb=self.edit_verb)
