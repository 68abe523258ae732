"""Base of the admin pages of the services through which people sign in: rows of the city."""

from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from apps.people.admin_bases.city_rows import CityRowAdmin

VERB = "municipality.edit"


class SignInServiceAdmin(CityRowAdmin):
    """The city's own services; a row is switched off, never deleted."""

    view_verb = edit_verb = VERB

    def has_delete_permission(self, request, obj=None):
        return False

    def editable(self, request, pk):
        """The row of this id that the person may change. Raises Http404."""
        row = self.get_queryset(request).filter(pk=pk).first()
        if row is None or not self.has_change_permission(request, row):
            raise Http404
        return row

    def ask_first(self, request, row, *, title, words, button):
        """The page that says what will happen and has the button that does it (a POST)."""
        context = {"words": words, "button": button, "back": self._address(row)}
        return self.render_page(request, "admin/ask_first.html", title, context)

    def to_row(self, row):
        """The redirect to the row's page."""
        return redirect(self._address(row))

    def _address(self, row):
        return reverse(f"admin:signin_{self.opts.model_name}_change", args=[row.pk])
