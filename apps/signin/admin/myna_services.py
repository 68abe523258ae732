"""Admin pages of デジタル認証アプリ: settings, a test, a new key, the end of all links."""

import json

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.people.admin_bases.pages import page
from apps.signin.admin.sign_in_services import SignInServiceAdmin
from apps.signin.models import MynaService
from apps.signin.myna_provider import MynaProvider, links_of_service
from apps.signin.services import myna_services as services

GET_POST = require_http_methods(["GET", "POST"])
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
class MynaServiceAdmin(SignInServiceAdmin):
    """The city's own registration."""

    form = MynaServiceForm
    list_display = ["__str__", "is_on", "asks_before_consent", "tested_at"]
    list_select_related = ["municipality"]
    change_form_template = "admin/signin/myna_service.html"

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
        service = self.editable(request, pk)
        try:
            messages.success(request, services.test_service(service))
        except services.CannotUseMyna as error:
            messages.error(request, str(error))
        return self.to_row(service)

    @page("<uuid:pk>/new-key/", "signin_myna_new_key", GET_POST)
    def new_key(self, request, pk):
        """Asks first, then makes a new key; the old one is gone."""
        service = self.editable(request, pk)
        if request.method != "POST":
            return self.ask_first(
                request, service, title="新しい鍵を作る",
                words="今の鍵はなくなり、もとにはもどせません。新しい公開鍵がデジタル庁に登録されて、つながると確かめるまで、"
                "だれもカードでは入れません。",
                button="新しい鍵を作る",
            )  # fmt: skip
        services.renew_key(service, by=request.user)
        messages.success(request, "新しい鍵を作りました。公開鍵を登録してから、確かめてください。")
        return self.to_row(service)

    @page("<uuid:pk>/end/", "signin_myna_end_all", GET_POST)
    def end_all(self, request, pk):
        """Asks first, then ends all links with cards."""
        service = self.editable(request, pk)
        if request.method != "POST":
            return self.ask_first(
                request, service, title="すべてのつながりを終わらせる",
                words=f"{links_of_service(service).count()}人のつながりとサインインが終わります。もとにはもどせません。"
                "一人ひとりが、入り直してつなぎます。",
                button="すべて終わらせる",
            )  # fmt: skip
        n_ended = services.end_links(service, by=request.user)
        messages.success(request, f"{n_ended}人のつながりを終わらせました。")
        return self.to_row(service)
