"""The parts of a duty roster's page: hours and listed people."""

from django.contrib import admin

from apps.helpline.forms import (
    ContactField,
    DutyHoursFormSet,
    DutyPersonForm,
    staff_accounts_at,
)
from apps.helpline.models import DutyHours, DutyPerson
from apps.people.permissions import may, schools_where

USUAL_HOURS = [{"weekday": n, "opens_at": "08:30", "closes_at": "16:30"} for n in range(5)]


class _DutyInline(admin.StackedInline):
    extra = 0

    def has_view_permission(self, request, obj=None):
        return may(request.user, "duty.view", obj)

    def has_add_permission(self, request, obj=None):
        return may(request.user, "duty.edit", obj)

    has_change_permission = has_delete_permission = has_add_permission


class DutyHoursInline(_DutyInline):
    model = DutyHours
    fields = [("weekday", "opens_at", "closes_at")]
    formset = DutyHoursFormSet
    max_num = 7

    def get_extra(self, request, obj=None, **kwargs):
        return 0 if obj else len(USUAL_HOURS)


class DutyPersonInline(_DutyInline):
    model = DutyPerson
    fields = [("person", "answers_as"), ("shown_name", "is_listed")]
    form = DutyPersonForm

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "person":
            return ContactField(
                staff_accounts_at(schools_where(request.user, "duty.edit")), label="人"
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
