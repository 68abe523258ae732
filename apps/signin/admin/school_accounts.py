"""Admin pages of school account services: settings, a test, the end of all links."""

from hashlib import sha256

from django import forms
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.people.admin_bases.pages import page
from apps.people.normalisation import plain_account_name
from apps.signin.admin.sign_in_services import SignInServiceAdmin
from apps.signin.models import SchoolAccountKind, SchoolAccountService
from apps.signin.oidc.fault_words import FAULTS
from apps.signin.oidc.outbound import is_allowed_service
from apps.signin.school_account_provider import SchoolAccountProvider, accounts_of
from apps.signin.services import school_account_services as services

GET_POST = require_http_methods(["GET", "POST"])


class SchoolAccountServiceForm(forms.ModelForm):
    """The secret can be set and is never shown again."""

    secret = forms.CharField(
        label="クライアントシークレット", required=False, max_length=500, strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text="書くと、封をして保存します。空のままなら変わりません。ほかの欄を変えたときは、もう一度書いてください。",
    )  # fmt: skip

    class Meta:
        model = SchoolAccountService
        fields = ["kind", "client_id", "domain", "tenant", "secret", "is_on"]
        help_texts = {
            "domain": "Googleでは必ず。生徒のアカウントのドメイン(例 students.school.example.jp)。",
            "tenant": "Microsoftでは必ず。テナント(ディレクトリ)ID。",
            "is_on": "つながると確かめた後で、入れられます。切ると、これで入った人は画面から出ます。",
        }

    def clean_domain(self):
        text = self.cleaned_data["domain"]
        domain = plain_account_name(text) if text else ""
        if text and (not domain or "@" in domain or "." not in domain):
            raise forms.ValidationError(
                "ドメインだけを、半角で書いてください(例 students.example.jp)。"
            )
        return domain

    def clean(self):
        data = super().clean()
        kind = data.get("kind") or self.instance.kind
        if kind == SchoolAccountKind.GOOGLE:
            data["tenant"] = None
            if not data.get("domain") and "domain" not in self.errors:
                self.add_error("domain", "ドメインを入れてください。")
        elif kind and not data.get("tenant") and "tenant" not in self.errors:
            self.add_error("tenant", "テナントIDを入れてください。")
        self.instance.kind, self.instance.tenant = kind, data.get("tenant")
        if kind and not self.errors and not is_allowed_service(self.instance.issuer):
            self.add_error(None, FAULTS["AddressRefused"])
        return data


@admin.register(SchoolAccountService)
class SchoolAccountServiceAdmin(SignInServiceAdmin):
    """The city's own services."""

    form = SchoolAccountServiceForm
    list_display = ["__str__", "municipality", "is_on", "tested_at"]
    change_form_template = "admin/signin/school_account_service.html"

    def get_readonly_fields(self, request, obj=None):
        return ["kind"] if obj else []

    def version_extras(self, obj):
        return {"クライアントシークレット": sha256(bytes(obj.sealed_secret or b"")).hexdigest()}

    def save_row(self, row, form, *, by):
        why = services.save_service(row, by=by, secret=form.cleaned_data["secret"])
        return [why] if why else []

    def page_context(self, row):
        return {
            "service": row,
            "n_linked": accounts_of(row).count(),
            "return_url": settings.PORTAL_URL
            + reverse(SchoolAccountProvider.callback_name, args=[row.pk]),
            "has_secret": row.sealed_secret is not None,
        }

    @page("<uuid:pk>/test/", "signin_school_account_test", require_POST)
    def test_now(self, request, pk):
        """Whether the service answers; nobody is signed in."""
        return self.run_test(request, pk, services.test_service)

    @page("<uuid:pk>/end/", "signin_school_account_end_all", GET_POST)
    def end_all(self, request, pk):
        """Asks first, then ends all links with this service."""
        return self.end_after_question(
            request, pk, links_of=accounts_of, end=services.end_all_links,
            words="一人ひとりが、カードと暗証番号で入って、つなぎ直します。",
        )  # fmt: skip
