"""Staff pages: the contacts that the city enters, and the help pages of staff."""

from django import forms
from django.contrib import admin

from apps.helpdesk.admin.help_for_staff import search_staff_help
from apps.helpdesk.help_pages import MAX_QUERY
from apps.helpdesk.models import HelpContact
from apps.helpdesk.services import help_contacts
from apps.people.admin_bases.city_rows import CityRowAdmin, check_school
from apps.people.admin_bases.pages import page


class HelpContactForm(forms.ModelForm):
    """Number, address and hours, as the city publishes them."""

    class Meta:
        model = HelpContact
        fields = ["school", "phone", "email", "hours"]

    def clean(self):
        found = super().clean()
        check_school(self, found)
        return found


@admin.register(HelpContact)
class HelpContactAdmin(CityRowAdmin):
    view_verb, edit_verb = help_contacts.VIEW_VERB, help_contacts.EDIT_VERB
    form = HelpContactForm
    list_display = ["__str__", "phone", "email", "hours"]
    list_select_related = ["school"]

    @page("help/", "helpdesk_staff_help")
    def staff_help(self, request):
        """The help pages of staff, or those that fit a search, and whom to ask."""
        query = request.GET.get("q", "")[:MAX_QUERY].strip()
        own = {post.municipality_id for post in request.user.current_posts}
        contacts = HelpContact.objects.filter(municipality__in=own, school=None)
        context = {"query": query, "pages": search_staff_help(query), "contacts": contacts}
        return self.render_page(request, "admin/helpdesk/staff_help.html", "困ったときは", context)
