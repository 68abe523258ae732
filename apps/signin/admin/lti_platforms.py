"""Admin pages of LTI platforms: settings, a test, the portal's own keys."""

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.urls import reverse
from django.views.decorators.http import require_POST

from apps.core.network_addresses import origin_of
from apps.core.templatetags.japanese import moment
from apps.people.admin_bases.pages import page
from apps.signin.admin.sign_in_services import SignInServiceAdmin
from apps.signin.models import LtiPlatform
from apps.signin.oidc.fault_words import FAULTS
from apps.signin.oidc.outbound import is_allowed_service
from apps.signin.services import lti_keys, lti_platforms
from apps.signin.services.sign_in_services import VERB

TAKEN = (
    "同じ発行者とクライアントIDの設定が、もうあります(ほかの自治体の設定のこともあります)。"
    "相手に、この自治体のためのクライアントIDを出してもらってください。"
)


class LtiPlatformForm(forms.ModelForm):
    class Meta:
        model = LtiPlatform
        fields = [
            "name", "issuer", "client_id", "auth_url", "keyset_url", "deployment_ids", "is_on",
        ]  # fmt: skip
        help_texts = {
            "deployment_ids": "相手が出した番号。いくつもあるときは、コンマで区切ります。",
            "is_on": "公開鍵を読めると確かめた後で、入れられます。切ると、学習eポータルから入った人は画面から出ます。",
        }

    def clean(self):
        data = super().clean()
        for name in ("auth_url", "keyset_url"):
            url = data.get(name) or ""
            if url and not is_allowed_service(url):
                self.add_error(name, FAULTS["AddressRefused"])
        if data.get("issuer") and not origin_of(data["issuer"]):
            self.add_error("issuer", "https:// で始まる番地を書いてください。")
        named = data.get("issuer"), data.get("client_id")
        if all(named) and lti_platforms.is_taken(*named, but=self.instance.pk):
            self.add_error("client_id", TAKEN)
        return data


@admin.register(LtiPlatform)
class LtiPlatformAdmin(SignInServiceAdmin):
    """The city's own platforms."""

    form = LtiPlatformForm
    list_display = ["name", "municipality", "is_on", "tested_at"]
    change_form_template = "admin/signin/lti_platform.html"

    def save_row(self, row, form, *, by):
        why = lti_platforms.save_platform(row, by=by)
        return [why] if why else []

    def page_context(self, row):
        """What to enter at the platform."""
        root = settings.PORTAL_URL
        return {
            "platform": row,
            "begin_url": root + reverse("signin:lti_begin"),
            "launch_url": root + reverse("signin:lti_launch"),
            "keys_url": root + reverse("signin:lti_keys"),
            "signing_keys": lti_keys.published_keys(),
            "start_urls": [root + path for path in lti_platforms.start_paths()],
        }

    @page("<uuid:pk>/test/", "signin_lti_test", require_POST)
    def test_now(self, request, pk):
        """Whether the platform's keys can be read; nobody is signed in."""
        return self.run_test(request, pk, lti_platforms.test_platform)

    @page("<uuid:pk>/next-key/", "signin_lti_next_key", require_POST)
    def publish_next_key(self, request, pk):
        """Publish the portal's next signing key; it signs a day later."""
        platform = self.editable(request, pk)
        at = lti_keys.publish_next_key(platform, by=request.user, verb=VERB)
        messages.success(request, f"次の鍵を公開しました。{moment(at)}から、この鍵で署名します。")
        return self.to_row(platform)
