"""The account pages and mails are in our words: no page of the library's own is ever shown."""

import re
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.test.signals import template_rendered
from django.urls import reverse

from apps.signin.account_pages import PREFIXES
from tests.browser import Browser
from tests.signin.account_helpers import (
    code_now,
    prove_password,
    signed_in,
    with_factor,
    with_password,
)
from tests.signin.soft_passkeys import Device
from tests.signin.test_sign_in_methods import ADDRESSES

STOCK = Path(allauth.__file__).parent / "templates"
OWN = settings.BASE_DIR / "templates"
WORDS = re.compile(r"{%-?\s*(trans|translate|blocktrans|blocktranslate)\b")
APPS = [name for name in ("account", "mfa", "usersessions")
        if f"allauth.{name}" in settings.INSTALLED_APPS]  # fmt: skip
UNUSED = {  # of features that are off, or of pages that nothing leads to
    "account/base_confirm_code.html", "account/base_reauthenticate.html",
    "account/confirm_login_code.html", "account/confirm_phone_verification_code.html",
    "account/email/login_code_message.txt", "account/email/login_code_subject.txt",
    "account/email/email_confirm_message.txt", "account/email/email_confirm_subject.txt",
    "account/email/password_reset_key_message.txt", "account/email/password_reset_key_subject.txt",
    "account/email_change.html", "account/email_confirm.html",
    "account/messages/login_code_sent.txt", "account/messages/phone_verification_sent.txt",
    "account/messages/phone_verified.txt", "account/phone_change.html",
    "account/password_reset_done.html", "account/request_login_code.html",
    "account/signup_by_passkey.html", "account/snippets/already_logged_in.html",
    "account/snippets/warn_no_email.html", "account/verified_email_required.html",
    "mfa/totp/base.html", "mfa/recovery_codes/base.html", "mfa/trust.html", "mfa/webauthn/base.html",
    "mfa/webauthn/signup_form.html",
}  # fmt: skip


def stock_with_words():
    """The names of the library's templates that say something."""
    for app in APPS:
        for path in (STOCK / app).rglob("*.*"):
            if WORDS.search(path.read_text(encoding="utf-8")):
                yield str(path.relative_to(STOCK))


def test_every_template_with_words_is_ours_or_never_used():
    ours = {name for name in stock_with_words() if (OWN / name).exists()}
    assert len(ours) > 50
    assert set(stock_with_words()) - ours == UNUSED


@pytest.mark.django_db
def test_no_page_of_accounts_shows_words_of_the_library(cast):
    """Every address, as a visitor, before proving, after proving, and with every factor."""
    used = set()

    def note(sender, template, **kwargs):
        used.add(template.origin.name)

    user = with_password(cast.midori.user)
    proved = signed_in(user)
    prove_password(proved)
    both = with_password(cast.nurse.user)
    with_factor(both)
    key = Device().register(both)
    staff = signed_in(both)
    staff.post(reverse("mfa_reauthenticate"), {"code": code_now()})
    template_rendered.connect(note)
    try:
        for name, path in ADDRESSES:
            assert name.startswith(PREFIXES)
            for browser in (Browser(), signed_in(user) if name == "mfa_index" else proved, staff):
                if name != "account_logout":
                    browser.get(path.replace("/keys/1/", f"/keys/{key.pk}/"))
                    browser.post(path.replace("/keys/1/", f"/keys/{key.pk}/"), {"email": "x"})
    finally:
        template_rendered.disconnect(note)
    stock = {str(Path(name).relative_to(STOCK)) for name in used if name.startswith(str(STOCK))}
    assert stock & set(stock_with_words()) == set()
    assert len(used) > 20
    page = Browser().get(reverse("account_login")).content.decode()
    assert page.count(reverse("account_reset_password")) == 1
