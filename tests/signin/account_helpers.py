"""Helpers: accounts with a password, signed in through the pages."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache
from django.urls import reverse

from tests import factories
from tests.browser import Browser
from tests.one_time_codes import one_time_code

NEW = "まったく-べつの-ことば-9"


def with_password(user):
    """The account with a confirmed address and a password."""
    user.set_password(factories.PASSWORD)
    user.save()
    EmailAddress.objects.get_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )
    return user


def with_factor(user):
    """The account with a second factor and recovery codes; the codes."""
    Authenticator.objects.filter(user=user).delete()
    TOTP.activate(user, factories.TOTP_SECRET)
    return RecoveryCodes.activate(user).get_unused_codes()


def code_now():
    """The six digits of this half minute; valid again, though already used."""
    cache.clear()
    return one_time_code()


def signed_in(user):
    """A browser signed in with password and, where there is one, the second factor."""
    browser = Browser()
    typed = {"login": user.email, "password": factories.PASSWORD}
    answer = browser.post(reverse("account_login"), typed)
    if answer.url == reverse("mfa_authenticate"):
        browser.post(answer.url, {"code": code_now()})
    assert is_in(browser)
    return browser


def is_in(browser):
    """Whether this browser has a signed-in session."""
    return browser.get(reverse("signin:session_left")).json()["left"] > 0


def prove_password(browser):
    """Reauthenticate with the password."""
    page = reverse("account_reauthenticate")
    return browser.post(page, {"password": factories.PASSWORD})
