"""Admin pages of デジタル認証アプリ: settings, a test, a new key, the end of all links."""

import json

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.people.admin_bases.pages import page
from apps.people.admin_bases.staff import StaffAdmin
from apps.people.permissions import cities_where, municipalities_where
from apps.signin.models import MynaService
from apps.signin.myna_provider import MynaProvider, links_of_service
from apps.signin.services import myna_services as services

ALLOWED_CLIENT_ID = r"[0-9a-zA-Z]{1,255}"


class MynaServiceForm(forms.ModelForm):
    """The settings; the key is made by the portal and has no field."""

    client_id = forms.RegexField(
        rf"^{ALLOWED_CLIENT_ID}$", label="クライアントID", max_length=255,
        help_text="デジタル庁から届いたもの(例 RP00000001)。変えると、つながりはすべて終わります。",
        error_messages={"invalid": "半角の英字と数字だけです。"},
    )  # fmt: skip

    class Meta:
        model = MynaService
        fields = ["environment", "client_id", "is_on", "asks_before_consent"]
        help_texts = {
            "is_on": "つながると確かめた後で、入れられます。切ると、カードをつないだ人は画面から出ます。",
            "asks_before_consent": "カードがない人は、紙で同意できます。断ることと取り下げることには、いつも要りません。",
        }


@admin.register(MynaService)
class MynaServiceAdmin(StaffAdmin):
    """The city's own registration."""

    view_verb = services.VERB
    edit_verb: str = services.VERB  # type: ignore[assignment]
    is_small = True
    form = MynaServiceForm
    list_display = ["__str__", "is_on", "asks_before_consent", "tested_at"]
    list_select_related = ["municipality"]
    change_form_template = "admin/signin/myna_service.html"

    def get_queryset(self, request):
        own = municipalities_where(request.user, self.view_verb)
        return super().get_queryset(request).filter(municipality__in=own)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """A new service belongs to the city of who writes it, before the form is checked."""
        base = super().get_form(request, obj, change, **kwargs)
        city = min(cities_where(request.user, self.edit_verb), default=None)

        class OfThisCity(base):
            def __init__(self, *args, **more):
                super().__init__(*args, **more)
                if city and not self.instance.municipality_id:
                    self.instance.municipality_id = city

        return OfThisCity

    def save_model(self, request, obj, form, change):
        try:
            services.save_service(obj, by=request.user, fields=form.changed_data)
        except services.CannotUseMyna as error:
            obj.is_on = False
            services.save_service(obj, by=request.user, fields=form.changed_data)
            messages.error(request, f"保存しましたが、まだ使えません。{error}")

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The form, above it how many are linked, the public key and what can be done."""
        service = self.get_object(request, object_id)
        added = {} if service is None else self._context(service)
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **added})

    def _context(self, service):
        public = services.public_key_of(service)
        return {
            "service": service,
            "n_linked": links_of_service(service).count(),
            "return_url": settings.PORTAL_URL.rstrip("/")
            + reverse(MynaProvider.callback_name, args=[service.pk]),
            "public_key": json.dumps({"keys": [public]}, indent=1) if public else "",
        }

    @page("<uuid:pk>/test/", "signin_myna_test", require_POST)
    def test_now(self, request, pk):
        """Whether the service answers and knows our key; nobody is signed in."""
        service = self._editable(request, pk)
        try:
            messages.success(request, services.test_service(service))
        except services.CannotUseMyna as error:
            messages.error(request, str(error))
        return redirect("admin:signin_mynaservice_change", pk)

    @page("<uuid:pk>/new-key/", "signin_myna_new_key", require_POST)
    def new_key(self, request, pk):
        """Make a new key; the old one is gone."""
        services.renew_key(self._editable(request, pk), by=request.user)
        messages.success(request, "新しい鍵を作りました。公開鍵を登録してから、確かめてください。")
        return redirect("admin:signin_mynaservice_change", pk)

    @page("<uuid:pk>/end/", "signin_myna_end_all", require_POST)
    def end_all(self, request, pk):
        """End all links with cards."""
        n_ended = services.end_links(self._editable(request, pk), by=request.user)
        messages.success(request, f"{n_ended}人のつながりを終わらせました。")
        return redirect("admin:signin_mynaservice_change", pk)

    def _editable(self, request, pk):
        service = self.get_queryset(request).filter(pk=pk).first()
        if service is None or not self.has_change_permission(request, service):
            raise Http404
        return service
