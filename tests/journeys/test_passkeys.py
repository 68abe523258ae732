"""A guardian adds a passkey on a telephone and signs in with it, in a real browser."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests import factories
from tests.signin.account_helpers import with_password

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
FINGER = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def telephone_with_finger(visitor):
    """Give this browser a fingerprint reader; returns (its DevTools session, its id)."""
    tools = visitor.context.new_cdp_session(visitor.page)
    tools.send("WebAuthn.enable")
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})
    return tools, made["authenticatorId"]


def test_a_guardian_adds_a_passkey_and_signs_in_with_it(walker, cast):
    user = with_password(cast.midori.user)
    visitor = walker("phone")
    visitor.base = visitor.base.replace("127.0.0.1", "localhost")
    page, (tools, reader) = visitor.page, telephone_with_finger(visitor)
    visitor.go(reverse("account_login"))
    visitor.check("passkey-sign-in")
    page.fill("#id_login", user.email)
    page.fill("#id_password", factories.PASSWORD)
    page.locator("form[action='/accounts/login/'] button").click()
    page.get_by_role("link", name="パスキーを登録する").click()
    page.fill('input[name="password"]', factories.PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(f"**{reverse('mfa_add_webauthn')}")
    visitor.check("passkey-add")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(f"**{reverse('mfa_view_recovery_codes')}")
    assert page.locator(".codes .code").count() == 10
    visitor.check("passkey-recovery-codes")
    assert Authenticator.objects.get(user=user, type="webauthn").wrap().is_passwordless
    page.get_by_role("button", name="終わる").click()
    visitor.go(reverse("account_login"))
    page.click("#passkey_login")
    page.wait_for_url(f"{visitor.base}/")
    page.get_by_role("button", name="終わる").wait_for()
    page.get_by_role("button", name="終わる").click()
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": reader, "isUserVerified": False})
    visitor.go(reverse("account_login"))
    page.click("#passkey_login")
    page.locator("#passkey-error").wait_for(state="visible")
    visitor.check("passkey-refused")
