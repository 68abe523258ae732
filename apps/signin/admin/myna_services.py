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
            "is_on": "つながると確かめた後で、入れられます。切ると、カードで入った人は画面から出ます。",
            "asks_before_consent": "カードがない人は、紙で同意できます。断ることと取り下げることには、いつも要りません。",
        }


@admin.register(MynaService)
class MynaServiceAdmin(SignInServiceAdmin):
    """The city's own registration."""

    form = MynaServiceForm
    list_display = ["__str__", "is_on", "asks_before_consent", "tested_at"]
    change_form_template = "admin/signin/myna_service.html"

    def save_row(self, row, form, *, by):
        return services.save_service(row, by=by)

    def page_context(self, row):
        public = services.public_key_of(row)
        return {
            "service": row,
            "n_linked": links_of_service(row).count(),
            "return_url": settings.PORTAL_URL + reverse(MynaProvider.callback_name, args=[row.pk]),
            "public_key": json.dumps({"keys": [public]}, indent=1) if public else "",
        }

    @page("<uuid:pk>/test/", "signin_myna_test", require_POST)
    def test_now(self, request, pk):
        """Whether the service answers and knows our key; nobody is signed in."""
        return self.run_test(request, pk, services.test_service)

    @page("<uuid:pk>/new-key/", "signin_myna_new_key", GET_POST)
    def new_key(self, request, pk):
        """Asks first, then makes a new key; the old one is gone."""
        service = self.editable(request, pk)
        if request.method != "POST":
            return self.ask_first(
                request, service, title="新しい鍵を作る",
                words="今の鍵はなくなり、もとにはもどせません。新しい公開鍵がデジタル庁に登録されて、つながると確かめるまで、"
                f"だれもカードでは入れません。{self._ends_too(service)}",
                button="新しい鍵を作る",
            )  # fmt: skip
        sentences = services.renew_key(service, by=request.user)
        messages.success(request, "新しい鍵を作りました。公開鍵を登録してから、確かめてください。")
        if sentences:
            messages.warning(request, "".join(sentences))
        return self.to_row(service)

    def _ends_too(self, service):
        """What else a new key ends, in words."""
        on = "今カードで入っている人は、画面から出ます。" if service.is_on else ""
        asks = (
            "はじめて同意する前にも、カードを求めなくなります。"
            if service.asks_before_consent
            else ""
        )
        return f"{on}{asks}"

    @page("<uuid:pk>/end/", "signin_myna_end_all", GET_POST)
    def end_all(self, request, pk):
        """Asks first, then ends all links with cards."""
        return self.end_after_question(
            request, pk, links_of=links_of_service, end=services.end_links,
            words="一人ひとりが、入り直してつなぎます。",
        )  # fmt: skip
