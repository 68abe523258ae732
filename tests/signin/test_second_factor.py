"""Whether this session has used the second factor decides, and no change bypasses it."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP
from django.urls import reverse

from apps.signin.services import cards
from apps.signin.services.credentials import CredentialChange, credentials_changed
from tests import factories
from tests.one_time_codes import one_time_code
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
INDEX = reverse("admin:index")
ENROL, REMOVE = reverse("mfa_activate_totp"), reverse("mfa_deactivate_totp")
BY_FACTOR = reverse("mfa_reauthenticate")


@pytest.fixture
def nurse(cast):
    """A member of staff with a password and no second factor yet."""
    Authenticator.objects.filter(user=cast.nurse.user).delete()
    return with_password(cast.nurse.user)


def enrol(browser):
    """Set up an authenticator app in this browser; returns the response."""
    prove_password(browser)
    browser.get(ENROL)
    secret = browser.session[SECRET_SESSION_KEY]
    return browser.post(ENROL, {"code": one_time_code(secret)})


def test_a_session_of_the_password_alone_stays_out_when_the_person_has_a_factor(nurse):
    browser = signed_in(nurse)
    TOTP.activate(nurse, factories.TOTP_SECRET)
    answer = browser.get(INDEX, follow=True)
    assert answer.redirect_chain[-1][0].partition("?")[0] == BY_FACTOR
    assert "認証アプリの番号" in answer.content.decode()


def test_such_a_session_gets_access_by_using_the_factor(nurse):
    browser = signed_in(nurse)
    TOTP.activate(nurse, factories.TOTP_SECRET)
    assert browser.get(INDEX).url == BY_FACTOR
    answer = browser.post(BY_FACTOR, {"code": code_now()})
    assert answer.url == INDEX
    assert browser.get(INDEX).status_code == 200


def test_a_session_that_used_the_factor_has_access(nurse):
    with_factor(nurse)
    assert signed_in(nurse).get(INDEX).status_code == 200


def test_a_recovery_code_is_a_use_of_the_factor(nurse):
    codes = with_factor(nurse)
    browser = signed_in(nurse)
    for record in browser.session["account_authentication_methods"]:
        assert record["method"] in {"password", "mfa"}
    other = type(browser)()
    typed = {"login": nurse.email, "password": factories.PASSWORD}
    other.post(other.post(reverse("account_login"), typed).url, {"code": codes[0]})
    assert other.get(INDEX).status_code == 200


def test_the_use_of_a_factor_that_is_gone_counts_no_more(nurse):
    with_factor(nurse)
    browser = signed_in(nurse)
    Authenticator.objects.filter(user=nurse).delete()
    assert browser.get(INDEX, follow=True).redirect_chain[-1][0].partition("?")[0] == (
        reverse("account_reauthenticate")
    )


@pytest.mark.django_db(transaction=True)
def test_setting_one_up_ends_other_sessions_and_changes_this_ones_id(nurse):
    other, browser = signed_in(nurse), signed_in(nurse)
    prove_password(browser)
    before = browser.session.session_key
    enrol(browser)
    assert Authenticator.objects.filter(user=nurse, type="totp").exists()
    assert browser.session.session_key != before
    assert browser.get(INDEX).status_code == 200
    assert not is_in(other)


def test_the_password_alone_never_takes_the_factor_off(nurse):
    browser = signed_in(nurse)
    prove_password(browser)
    with_factor(nurse)
    session = browser.session
    session["account_authentication_methods"] = []
    session.save()
    again = browser.post(reverse("account_reauthenticate"), {"password": factories.PASSWORD})
    assert again.url.partition("?")[0] == BY_FACTOR
    for answer in (browser.get(REMOVE), browser.post(REMOVE)):
        assert answer.url.partition("?")[0] == BY_FACTOR
    assert Authenticator.objects.filter(user=nurse, type="totp").exists()


@pytest.mark.parametrize("by", ["app", "recovery code"])
def test_the_factor_or_a_recovery_code_takes_it_off_and_ends_other_sessions(nurse, by):
    codes = with_factor(nurse)
    other, browser = signed_in(nurse), signed_in(nurse)
    before = browser.session.session_key
    browser.post(BY_FACTOR, {"code": code_now() if by == "app" else codes[0]})
    assert browser.session.session_key != before
    browser.post(REMOVE)
    assert not Authenticator.objects.filter(user=nurse).exists()
    assert is_in(browser) and not is_in(other)
    assert browser.get(INDEX).status_code == 302


def test_with_a_factor_the_password_is_changed_only_after_using_it(nurse):
    with_factor(nurse)
    browser = signed_in(nurse)
    page = reverse("account_change_password")
    typed = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    assert browser.post(page, typed).url.partition("?")[0] == BY_FACTOR
    nurse.refresh_from_db()
    assert nurse.check_password(factories.PASSWORD)
    assert NEW not in str(dict(browser.session))


def test_proving_again_changes_the_sessions_id(cast):
    browser = signed_in(with_password(cast.midori.user))
    before = browser.session.session_key
    prove_password(browser)
    assert browser.session.session_key != before
    assert is_in(browser)


def test_typing_the_pin_again_changes_the_sessions_id(cast, sign_in):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "7305")
    cast.sakura.user.refresh_from_db()
    browser = sign_in(cast.sakura.user, proved=False)
    before = browser.session.session_key
    browser.post(reverse("signin:prove"), {"pin": "7305"})
    assert browser.session.session_key != before
    assert is_in(browser)


def test_a_changed_password_ends_other_sessions_and_changes_this_ones_id(cast):
    user = with_password(cast.midori.user)
    other, browser = signed_in(user), signed_in(user)
    prove_password(browser)
    before = browser.session.session_key
    typed = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    browser.post(reverse("account_change_password"), typed)
    assert is_in(browser) and not is_in(other)
    assert browser.session.session_key != before


@pytest.mark.parametrize("had_card", [True, False])
def test_a_new_card_ends_every_session_of_the_student(cast, sign_in, had_card):
    if had_card:
        cards.issue_cards([cast.sakura], by=cast.homeroom.user)
        cast.sakura.refresh_from_db()
    browser = sign_in(cast.sakura.user)
    assert is_in(browser)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    assert not is_in(browser)


@pytest.mark.django_db(transaction=True)
def test_every_such_change_is_told_to_who_records_it(cast):
    events = []

    def hear(sender, user, change, request, **kwargs):
        events.append((user.pk, change))

    credentials_changed.connect(hear)
    try:
        user = with_password(cast.midori.user)
        browser = signed_in(user)
        enrol(browser)
        cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    finally:
        credentials_changed.disconnect(hear)
    assert (user.pk, CredentialChange.FACTOR_ADDED) in events
    assert (cast.sakura.user_id, CredentialChange.CARD) in events


def test_the_admins_own_page_for_passwords_changes_none(nurse):
    with_factor(nurse)
    browser = signed_in(nurse)
    typed = {"old_password": factories.PASSWORD, "new_password1": NEW, "new_password2": NEW}
    for name in ("password_change", "password_change_done"):
        answer = browser.post(reverse(f"admin:{name}"), typed)
        assert answer.url == reverse("account_change_password")
    nurse.refresh_from_db()
    assert nurse.check_password(factories.PASSWORD)
