"""Staff pages: the contacts that the city enters, and the help pages of staff."""

from django import forms
from django.contrib import admin

from apps.helpdesk.admin.help_for_staff import search_staff_help
from apps.helpdesk.help_pages import MAX_QUERY
from apps.helpdesk.models import HelpContact
from apps.helpdesk.services import help_contacts
from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.models import Municipality, School
from apps.people.permissions import cities_where, municipalities_where


class HelpContactForm(forms.ModelForm):
    """Number, address and hours, as the city publishes them."""

    class Meta:
        model = HelpContact
        fields = ["municipality", "school", "phone", "email", "hours"]

    def clean(self):
        found = super().clean()
        school, city = found.get("school"), found.get("municipality", self.instance.municipality_id)
        if school is not None and city not in (school.municipality, school.municipality_id):
            self.add_error("school", "この学校は選べません。")
        return found


@admin.register(HelpContact)
class HelpContactAdmin(StaffAdmin):
    view_verb, edit_verb = help_contacts.VIEW_VERB, help_contacts.EDIT_VERB  # type: ignore[assignment]
    form = HelpContactForm
    list_display = ["__str__", "phone", "email", "hours"]
    list_select_related = ["school"]
    is_small = True

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def get_fields(self, request, obj=None):
        """The municipality is asked where one person has posts in several; it never changes."""
        asks = obj is None and len(cities_where(request.user, self.edit_verb)) > 1
        return [n for n in super().get_fields(request, obj) if asks or n != "municipality"]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if obj is None and "municipality" not in form.base_fields:
            own = cities_where(request.user, self.edit_verb)
            form = type(form.__name__, (_InOneCity, form), {"own": next(iter(own), None)})
        return form

    def formfield_for_foreignkey(self, db_field, request, **kwargs):
        own = cities_where(request.user, self.edit_verb)
        if db_field.name == "school":
            kwargs["queryset"] = School.objects.filter(municipality__in=own).order_by("name")
        else:
            kwargs["queryset"] = Municipality.objects.filter(pk__in=own).order_by("name")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        help_contacts.save_contact(obj, by=request.user, fields=form.changed_data)

    def delete_model(self, request, obj):
        help_contacts.delete_contact(obj, by=request.user)

    @page("help/", "helpdesk_staff_help")
    def staff_help(self, request):
        """The help pages of staff, or those that fit a search, and whom to ask."""
        query = request.GET.get("q", "")[:MAX_QUERY].strip()
        own = {post.municipality_id for post in request.user.current_posts}
        contacts = HelpContact.objects.filter(municipality__in=own, school=None)
        context = {"query": query, "pages": search_staff_help(query), "contacts": contacts}
        return self.render_page(request, "admin/helpdesk/staff_help.html", "困ったときは", context)


class _InOneCity:
    """Mixed into the form of a new contact of the only city there is to choose."""

    own = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.instance.municipality_id = self.own
