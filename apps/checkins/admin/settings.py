"""Admin page of a school's check-in settings."""

from django.contrib import admin

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.checkins.models import CheckInSettings
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import role_of, schools_where


@admin.register(CheckInSettings)
class CheckInSettingsAdmin(StaffAdmin):
    view_verb = edit_verb = "checkins.ways"
    list_display = ["school", "tells_when_seen"]
    fields = ["school", "tells_when_seen"]

    def get_queryset(self, request):
        mine = schools_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(school__in=mine)

    def get_readonly_fields(self, request, obj=None):
        return ["school"] if obj else []

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "school":
            kwargs["queryset"] = schools_where(request.user, self.edit_verb)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request, obj, form, change):
        obj.municipality_id = obj.school.municipality_id
        super().save_model(request, obj, form, change)
        record(
            Action.RECORD_CHANGED,
            actor=request.user,
            role=role_of(request.user, obj, self.edit_verb),
            municipality_id=obj.municipality_id,
            thing=obj,
            fields=form.changed_data,
        )
