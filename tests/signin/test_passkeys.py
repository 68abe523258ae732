"""Signing in with a passkey: who may, what it proves, and what is refused."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from apps.audit.models import SecurityEvent
from apps.core.clock import today
from apps.people.models import StaffPost
from apps.signin.models import UserSession
from apps.signin.passkey_offers import COOKIE_NAME
from apps.signin.services.access import access_of
from apps.signin.sign_in_methods import METHODS_BY_KIND, SignInMethod
from tests import factories
from tests.browser import Browser
from tests.signin.account_helpers import (
    is_in,
    prove_password,
    signed_in,
    with_factor,
    with_password,
)
from tests.signin.soft_passkeys import PRESENT, SIGN_IN, Device, challenge_of
from tests.signin.test_sign_in_methods import accounts

pytestmark = pytest.mark.django_db
LOGIN = reverse("account_login")
LATER = reverse("signin:passkey_later")
CODES, MORE_CODES = reverse("mfa_view_recovery_codes"), reverse("mfa_generate_recovery_codes")


def test_a_passkey_signs_in_the_kinds_of_the_table_alone(cast):
    for kind, user in accounts(cast).items():
        device, browser = Device(), Browser()
        Authenticator.objects.filter(user=user).delete()
        device.register(user)
        answer = device.sign_in(browser)
        allowed = SignInMethod.PASSKEY in METHODS_BY_KIND[kind].methods
        assert access_of(user).kind == kind
        assert is_in(browser) == allowed, kind
        assert answer.url == ("/" if allowed else LOGIN), kind
        if allowed:
            assert UserSession.objects.get(user=user).method == "passkey"


def test_for_staff_it_is_two_factors_and_opens_their_pages(cast):
    user = with_password(cast.nurse.user)
    with_factor(user)
    device, browser = Device(), Browser()
    key = device.register(user)
    device.sign_in(browser)
    assert browser.get(reverse("admin:index")).status_code == 200
    assert "パスキー" in browser.get(reverse("signin:sessions")).content.decode()
    key.delete()  # a session of a key that is gone has used no factor
    assert browser.get(reverse("admin:index")).status_code == 302


def test_whoever_was_stopped_or_whose_post_ended_stays_out(cast):
    device, browser = Device(), Browser()
    user = cast.midori.user
    device.register(user)
    type(cast.midori).objects.filter(pk=cast.midori.pk).update(is_enabled=False)
    device.sign_in(browser)
    assert not is_in(browser)
    type(user).objects.filter(pk=user.pk).update(is_active=False)
    assert device.sign_in(browser).url == reverse("account_inactive")
    assert not is_in(browser)
    nurse = with_password(cast.nurse.user)
    device.register(nurse)
    assert device.sign_in(browser).url == "/" and is_in(browser)
    StaffPost.objects.filter(user=nurse).update(ends_on=today() - timedelta(days=1))
    assert not is_in(browser)
    assert device.sign_in(Browser()).url == LOGIN


def test_what_proves_too_little_is_refused_with_one_and_the_same_answer(cast):
    user, other = with_password(cast.midori.user), cast.nurse.user
    right, careless, elsewhere = (
        Device(),
        Device(verifies=False),
        Device(origin="https://evil.example"),
    )
    for device in (right, careless, elsewhere):
        device.register(user)
    stranger = Device()  # registered nowhere
    stranger.user_handle = str(user.pk).encode()
    swapped = Device()
    swapped.register(other)
    swapped.user_handle = str(user.pk).encode()
    nobody = Device()
    nobody.user_handle = b"00000000-0000-4000-8000-000000000000"
    for device in (careless, elsewhere, stranger, swapped, nobody):
        browser = Browser()
        answer = device.sign_in(browser)
        page = browser.get(answer.url).content.decode()
        assert answer.url == LOGIN and "その パスキーでは はいれませんでした" in page
        assert not is_in(browser)
    browser = Browser()
    once = json.dumps(right.answer(challenge_of(browser)))
    browser.post(SIGN_IN, {"credential": once})
    assert is_in(browser)
    browser.post(reverse("signin:leave"))
    for again in (browser, Browser()):  # an answer is good once, in the browser that asked
        again.post(SIGN_IN, {"credential": once})
        assert not is_in(again)


def test_a_key_left_in_the_computer_proves_nothing_by_a_touch(cast):
    user, device, old = with_password(cast.midori.user), Device(), Device(verifies=False)
    browser, page = signed_in(user), reverse("mfa_reauthenticate_webauthn")
    device.register(user)
    old.register(user)  # a security key that cannot verify anybody

    def prove(key):
        options = browser.get(page).context["js_data"]["request_options"]["publicKey"]
        sent = {"credential": json.dumps(key.answer(options["challenge"]))}
        return browser.post(page, sent).url

    verified, device.flags = device.flags, PRESENT
    assert prove(device) == LOGIN  # refused: the first page, once signed in
    assert browser.get(reverse("account_email")).status_code == 302
    assert browser.post(page, {"credential": "[]"}).url == LOGIN
    assert prove(old) != LOGIN
    device.flags = verified
    assert prove(device) != LOGIN
    assert browser.get(reverse("account_email")).status_code == 200


def test_whatever_is_sent_is_refused_and_recorded(client):
    challenge_of(client)
    for sent in ("", "null", "[]", "{}", "1", '"x"', "{", '{"id": 1, "response": []}'):
        assert client.post(SIGN_IN, {"credential": sent}).url == LOGIN, sent
    assert SecurityEvent.objects.filter(kind="signin.failed", detail="passkey").exists()


def test_the_address_shows_nothing_without_its_script(client, cast):
    assert client.get(SIGN_IN).url == LOGIN
    assert client.delete(SIGN_IN).status_code == 405
    options = client.get(SIGN_IN, headers={"Accept": "application/json"}).json()
    asked = options["request_options"]["publicKey"]
    assert asked["userVerification"] == "required" and not asked.get("allowCredentials")


@pytest.mark.django_db(transaction=True)
def test_a_passkey_is_added_after_proving_and_recovery_codes_are_shown_once(cast):
    user = with_password(cast.midori.user)
    browser, device = signed_in(user), Device()
    page = reverse("mfa_add_webauthn")
    assert browser.get(page).url == reverse("account_reauthenticate")
    prove_password(browser)
    options = browser.get(page).context["js_data"]["creation_options"]["publicKey"]
    credential = json.dumps(device.attestation(options["challenge"]))
    typed = {"name": "家の電話", "credential": credential, "passwordless": "on"}
    assert browser.post(page, typed).url == CODES
    assert Authenticator.objects.get(user=user, type="webauthn").data["name"] == "家の電話"
    shown = browser.get(CODES)
    codes = shown.context["unused_codes"]
    assert len(codes) == 10 and codes[0] in shown.content.decode()
    assert "data-print" in shown.content.decode()
    again = browser.get(CODES).content.decode()
    assert codes[0] not in again and "あと10" in again
    assert browser.get(reverse("mfa_download_recovery_codes")).status_code == 404
    browser.post(MORE_CODES)
    fresh = browser.get(CODES).context["unused_codes"]
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    # from now on the password alone is not enough, as the page said
    device.user_handle = str(user.pk).encode()
    by_password = Browser()
    login = {"login": user.email, "password": factories.PASSWORD}
    assert by_password.post(LOGIN, login).url == reverse("mfa_authenticate")
    assert not is_in(by_password)
    by_passkey = Browser()
    device.sign_in(by_passkey)
    assert is_in(by_passkey)


def test_a_key_that_verifies_nobody_is_not_added_as_a_passkey(cast):
    browser, device = signed_in(with_password(cast.midori.user)), Device(verifies=False)
    prove_password(browser)
    page = reverse("mfa_add_webauthn")
    options = browser.get(page).context["js_data"]["creation_options"]["publicKey"]
    credential = json.dumps(device.attestation(options["challenge"]))
    answer = browser.post(page, {"credential": credential, "passwordless": "on"})
    assert answer.status_code in (200, 422)
    assert not Authenticator.objects.filter(user=cast.midori.user).exists()


def test_a_passkey_is_offered_once_a_device_and_not_to_whoever_has_one(cast):
    browser = signed_in(with_password(cast.midori.user))
    assert "passkey-offer" in browser.get("/").content.decode()
    assert browser.post(LATER).url == "/"
    assert "passkey-offer" not in browser.get("/").content.decode()
    devices = browser.cookies
    again = Browser()
    again.cookies[COOKIE_NAME] = devices[COOKIE_NAME].value
    login = {"login": cast.midori.user.email, "password": factories.PASSWORD}
    again.post(LOGIN, login)
    assert is_in(again)
    assert "passkey-offer" not in again.get("/").content.decode()
    nurse = with_password(cast.nurse.user)
    with_factor(nurse)
    assert "passkey-offer" in signed_in(nurse).get(reverse("admin:index")).content.decode()
    device, with_key = Device(), Browser()
    device.register(nurse)
    device.sign_in(with_key)
    assert "passkey-offer" not in with_key.get(reverse("admin:index")).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_sign_in_on_a_new_device_is_mailed_in_the_persons_language(cast, mailoutbox):
    user = with_password(cast.midori.user)
    signed_in(user)  # the first one of all
    assert mailoutbox == []
    browser = signed_in(user)
    told = [mail for mail in mailoutbox if mail.kind == "new_device"]
    assert len(told) == 1 and told[0].subject.startswith("加賀ポータル: 新しい端末")
    browser.post(reverse("signin:leave"))
    device = Device()
    device.register(user)
    device.sign_in(browser)
    assert [mail for mail in mailoutbox if mail.kind == "new_device"] == told
    type(user).objects.filter(pk=user.pk).update(page_language="en")
    device.sign_in(Browser())
    assert "new device" in mailoutbox[-1].subject and "端末" not in mailoutbox[-1].body
