"""Base of the admin pages of the services through which people sign in: rows of the city."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from apps.people.admin_bases.city_rows import CityRowAdmin
from apps.signin.services.sign_in_services import VERB, CannotUseService


class SignInServiceAdmin(CityRowAdmin):
    """The city's own services; a row is switched off, never deleted."""

    view_verb = edit_verb = VERB
    list_select_related = ["municipality"]

    def save_row(self, row, form, *, by):
        """Save by the service of this kind; sentences about what is off though the form said on."""
        raise NotImplementedError

    def page_context(self, row):
        """What the page of a row shows besides the form."""
        raise NotImplementedError

    def save_model(self, request, obj, form, change):
        sentences = self.save_row(obj, form, by=request.user)
        if sentences:
            messages.error(request, f"保存しましたが、まだ使えません。{''.join(sentences)}")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The form, above it what there is and what can be done."""
        row = self.get_object(request, object_id)
        added = {} if row is None else self.page_context(row)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **added})

    def run_test(self, request, pk, test):
        """Ask the service whether it can be used, and say the result; nobody is signed in."""
        row = self.editable(request, pk)
        try:
            messages.success(request, test(row, by=request.user))
        except CannotUseService as error:
            messages.error(request, str(error))
        return self.to_row(row)

    def end_after_question(self, request, pk, *, links_of, end, words):
        """Ask first, then end all links with this service."""
        row = self.editable(request, pk)
        if request.method != "POST":
            asked = f"{links_of(row).count()}人のつながりと、それで始めたサインインが終わります。もとにはもどせません。"
            return self.ask_first(
                request, row, title="すべてのつながりを終わらせる", words=f"{asked}{words}",
                button="すべて終わらせる",
            )  # fmt: skip
        messages.success(request, f"{end(row, by=request.user)}人のつながりを終わらせました。")
        return self.to_row(row)

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
