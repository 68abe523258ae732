"""An open session is not enough to take over an account: changes need reauthentication and are
announced.
"""

import re

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from apps.audit.models import SecurityEvent, SecurityKind
from apps.signin import way_back
from tests import factories
from tests.signin.account_helpers import (
    NEW,
    code_now,
    is_in,
    prove_password,
    signed_in,
    with_factor,
    with_password,
)

pytestmark = pytest.mark.django_db
MAIL, PASSWORD = reverse("account_email"), reverse("account_change_password")
AGAIN = reverse("account_reauthenticate")
OLD, THIEF = "midori@example.com", "thief@example.com"


@pytest.fixture
def guardian(cast):
    return with_password(cast.midori.user)


@pytest.fixture
def two_addresses(guardian):
    EmailAddress.objects.create(user=guardian, email="zwei@example.com", verified=True)
    return guardian


def addresses(user):
    return set(EmailAddress.objects.filter(user=user).values_list("email", flat=True))


def code_in(mail):
    return re.search(r"^[A-Z0-9-]{6,}$", mail.body, re.MULTILINE).group(0)


def add(browser, address, mailoutbox):
    """Add an address and type the code mailed to it."""
    browser.post(MAIL, {"email": address, "action_add": ""})
    code = code_in([mail for mail in mailoutbox if mail.to == [address]][-1])
    return browser.post(reverse("account_email_verification_sent"), {"code": code})


ATTACKS = [
    (MAIL, {"email": THIEF, "action_add": ""}),
    (MAIL, {"email": "zwei@example.com", "action_primary": ""}),
    (MAIL, {"email": "zwei@example.com", "action_remove": ""}),
    (MAIL, {"email": "zwei@example.com", "action_send": ""}),
    (PASSWORD, {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}),
    (reverse("mfa_activate_totp"), {"code": "123456"}),
    (reverse("mfa_generate_recovery_codes"), {}),
    (reverse("mfa_add_webauthn"), {"name": "x", "credential": "{}"}),
]


@pytest.mark.parametrize(("path", "fields"), ATTACKS)
def test_nothing_is_changed_before_the_person_proves_who_they_are(
    two_addresses, mailoutbox, path, fields
):
    browser = signed_in(two_addresses)
    before = (two_addresses.password, addresses(two_addresses), two_addresses.email)
    answer = browser.post(path, fields)
    assert answer.url.partition("?")[0] == AGAIN
    assert browser.get(path).url.partition("?")[0] == AGAIN
    two_addresses.refresh_from_db()
    now = (two_addresses.password, addresses(two_addresses), two_addresses.email)
    assert now == before
    assert mailoutbox == []


def test_a_wrong_password_proves_nothing(guardian):
    browser = signed_in(guardian)
    assert browser.post(AGAIN, {"password": "ちがう-ことば-です-1"}).status_code == 200
    assert browser.get(MAIL).status_code == 302


def test_a_proof_leads_back_and_lasts_five_minutes(guardian, time_machine):
    browser = signed_in(guardian)
    first = browser.get(MAIL)
    assert first.url == AGAIN  # and no address says where it leads
    answer = browser.post(first.url, {"password": factories.PASSWORD})
    assert answer.url == MAIL
    assert not answer.cookies[way_back.COOKIE_NAME].value
    assert browser.get(MAIL).status_code == 200
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 301
    session.save()
    assert browser.get(MAIL).status_code == 302


def test_a_new_address_is_told_to_the_old_one_and_ends_other_sessions(guardian, mailoutbox):
    other, browser = signed_in(guardian), signed_in(guardian)
    prove_password(browser)
    before = browser.session.session_key
    add(browser, "neu@example.com", mailoutbox)
    assert addresses(guardian) == {OLD, "neu@example.com"}
    mails = [mail for mail in mailoutbox if "加わりました" in mail.subject]
    assert {mail.to[0] for mail in mails} == {OLD, "neu@example.com"}
    assert is_in(browser) and not is_in(other)
    assert browser.session.session_key != before


def test_the_old_address_is_told_when_another_becomes_the_first(two_addresses, mailoutbox):
    browser = signed_in(two_addresses)
    prove_password(browser)
    browser.post(MAIL, {"email": "zwei@example.com", "action_primary": ""})
    mails = [mail for mail in mailoutbox if "変わりました" in mail.subject]
    assert OLD in {mail.to[0] for mail in mails}
    two_addresses.refresh_from_db()
    assert two_addresses.email == "zwei@example.com"


def test_an_address_that_is_removed_is_told_too(two_addresses, mailoutbox):
    browser = signed_in(two_addresses)
    prove_password(browser)
    browser.post(MAIL, {"email": "zwei@example.com", "action_remove": ""})
    mails = [mail for mail in mailoutbox if "消されました" in mail.subject]
    assert {mail.to[0] for mail in mails} == {OLD, "zwei@example.com"}
    assert addresses(two_addresses) == {OLD}


def test_a_changed_password_is_told_to_every_address(two_addresses, mailoutbox):
    browser = signed_in(two_addresses)
    prove_password(browser)
    typed = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    browser.post(PASSWORD, typed)
    mails = [mail for mail in mailoutbox if "パスワードが変わりました" in mail.subject]
    assert {mail.to[0] for mail in mails} == {OLD, "zwei@example.com"}


def test_a_removed_factor_is_told(guardian, mailoutbox):
    with_factor(guardian)
    browser = signed_in(guardian)
    browser.post(reverse("mfa_reauthenticate"), {"code": code_now()})
    browser.post(reverse("mfa_deactivate_totp"))
    assert [mail.to for mail in mailoutbox if "認証アプリの登録が消され" in mail.subject] == [[OLD]]


def test_a_reset_password_is_told_and_ends_every_session(guardian, client, mailoutbox):
    browser = signed_in(guardian)
    client.post(reverse("account_reset_password"), {"email": OLD})
    client.post(reverse("account_confirm_password_reset_code"), {"code": code_in(mailoutbox[-1])})
    done = reverse("account_complete_password_reset")
    client.post(done, {"password1": NEW, "password2": NEW})
    assert any("決めなおされました" in mail.subject for mail in mailoutbox)
    assert not is_in(browser)


def test_a_notice_is_japanese_and_names_no_other_address(guardian, mailoutbox):
    browser = signed_in(guardian)
    prove_password(browser)
    add(browser, "neu@example.com", mailoutbox)
    to_old = [mail for mail in mailoutbox if mail.to == [OLD]]
    assert to_old
    for mail in to_old:
        assert mail.subject.startswith("加賀ポータル: ")
        assert "心当たりがないとき" in mail.body
        assert "neu@example.com" not in mail.body
        assert not re.search(r"\b(account|Hello|address|change)\b", mail.body)


def test_a_guardian_who_is_kept_out_stays_kept_out_whatever_the_address(guardian, mailoutbox, cast):
    cast.midori.guardianships.update(standing="kept_out")
    browser = signed_in(guardian)
    prove_password(browser)
    add(browser, "neu@example.com", mailoutbox)
    page = reverse("consent:overview", args=[cast.sakura.pk])
    assert browser.get(page).status_code == 404


def test_an_address_that_was_confirmed_is_a_security_event(guardian, mailoutbox):
    browser = signed_in(guardian)
    prove_password(browser)
    add(browser, "neu@example.com", mailoutbox)
    assert "neu@example.com" in addresses(guardian)
    event = SecurityEvent.objects.get(kind=SecurityKind.MAIL_CONFIRMED)
    assert event.user_id == guardian.pk
