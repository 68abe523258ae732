"""Base of the admin pages of what a municipality's people write themselves."""

from django.utils.translation import gettext as _

from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import School
from apps.people.permissions import municipalities_where
from apps.people.services import city_rows


class CityRowAdmin(StaffAdmin):
    """Rows with a municipality, few of them: that of the post in which somebody works."""

    is_small = True

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None:
            city = next(iter(self._cities(request)), None)
            form = type(form.__name__, (_InCity, form), {"city": city})
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        if db_field.name == "school":
            own = self._cities(request)
            kwargs["queryset"] = School.objects.filter(municipality__in=own).order_by("name")
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


class _InCity:
    """Mixed into the form of a new row: its municipality is set before it is checked."""

    city = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.municipality_id = self.city


def check_school(form, found):
    """Add an error to the form where its school is one of another municipality."""
    school = found.get("school")
    if school is not None and school.municipality_id != form.instance.municipality_id:
        form.add_error("school", _("この学校は選べません。"))
