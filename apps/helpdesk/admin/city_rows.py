"""Base of the admin pages of what a municipality's people write themselves."""

from apps.helpdesk.services import city_rows
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Municipality, School
from apps.people.permissions import municipalities_where


class CityRowAdmin(StaffAdmin):
    """Rows with a municipality, few of them: it is asked where one person has posts in several."""

    is_small = True

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def get_fields(self, request, obj=None):
        asks = obj is None and len(self._cities(request)) > 1
        return [n for n in super().get_fields(request, obj) if asks or n != "municipality"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "municipality" not in form.base_fields:
            only = next(iter(self._cities(request)), None)
            form = type(form.__name__, (_InOneCity, form), {"own": only})
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        own = self._cities(request)
        if db_field.name == "school":
            kwargs["queryset"] = School.objects.filter(municipality__in=own).order_by("name")
        elif db_field.name == "municipality":
            kwargs["queryset"] = Municipality.objects.filter(pk__in=own).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        city_rows.save_city_row(
            obj, by=request.user, fields=form.changed_data, verb=self.edit_verb or ""
        )

    def delete_model(self, request, obj):
        city_rows.delete_city_row(obj, by=request.user, verb=self.edit_verb or "")

    def _cities(self, request):
        return municipalities_where(request.user, self.edit_verb or self.view_verb)


class _InOneCity:
    """Mixed into the form of a new row of the only municipality there is to choose."""

    own = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.municipality_id = self.own


def check_school(form, found):
    """Add an error to the form where its school is one of another municipality."""
    school, city = found.get("school"), found.get("municipality", form.instance.municipality_id)
    if school is not None and city not in (school.municipality, school.municipality_id):
        form.add_error("school", "この学校は選べません。")
