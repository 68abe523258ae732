"""An address is one account in every width and with invisible characters; unknown ones look alike."""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import get_hasher
from django.urls import reverse

from apps.people.models import User
from apps.people.normalisation import normalise_mail
from apps.registration.services import letters
from tests import factories
from tests.browser import Browser
from tests.signin.account_helpers import NEW, is_in, with_password

pytestmark = pytest.mark.django_db
FORMS = [
    "midori@example.com", "MIDORI@EXAMPLE.COM", "ｍｉｄｏｒｉ＠ｅｘａｍｐｌｅ．ｃｏｍ",
    "mi\u200bdori@example.com", "\ufeffmidori@example.com", "midori\u2060@exam\u00adple.com",
    "mi\u034fdori@example.com", "midori\ufe0f@example.com", "mi\u180edori@example.com",
    "midori\u3164@example.com", "midori\u115f@example.com", "midori@example.com\u200d",
    " midori @ example.com ",
]  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_an_address_is_one(form):
    assert normalise_mail(form) == "midori@example.com"


@pytest.mark.parametrize("form", FORMS)
def test_every_form_signs_in(cast, client, form):
    with_password(cast.midori.user)
    client.post(reverse("account_login"), {"login": form, "password": factories.PASSWORD})
    assert is_in(client)


@pytest.fixture
def letter(cast, client):
    """A browser with the code of another guardian's letter."""
    guardian = factories.guardian(cast.ren, "ひかる", "")
    type(guardian).objects.filter(pk=guardian.pk).update(user=None)
    guardian.refresh_from_db()
    ((_, code),) = letters.issue_guardian_letters([guardian], by=cast.principal.user)
    client.post(reverse("registration:letter_entry"), {"code": code})
    return client


@pytest.mark.parametrize("form", FORMS[2:6])
def test_no_second_account_comes_of_another_form(cast, letter, form, mailoutbox):
    with_password(cast.midori.user)
    before = User.objects.count()
    typed = {"email": form, "password1": NEW, "password2": NEW}
    letter.post(reverse("account_signup"), typed)
    assert User.objects.count() == before
    assert EmailAddress.objects.filter(email__icontains="midori").count() == 1
    assert [mail.subject for mail in mailoutbox] == ["加賀ポータル: アカウントは、もうあります"]


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed with the slow hash."""
    found = []
    hasher = type(get_hasher())
    plain = hasher.encode

    def encode(self, password, salt):
        found.append(1)
        return plain(self, password, salt)

    def verify(self, password, encoded, plain=hasher.verify):
        found.append(1)
        return plain(self, password, encoded)

    monkeypatch.setattr(hasher, "encode", encode)
    monkeypatch.setattr(hasher, "verify", verify)
    return found


def words_of(answer):
    text = answer.content.decode().replace("unknown@example.com", "X")
    return text.replace("midori@example.com", "X")


def test_a_known_and_an_unknown_address_cost_the_same_at_the_entrance(cast, client, hashed):
    with_password(cast.midori.user)
    costs, pages = [], []
    for address in (
        "midori@example.com",
        "unknown@example.com",
        cast.sakura.user.email or "s@e.jp",
    ):
        hashed.clear()
        typed = {"login": address, "password": "ちがう-ことば-です-1"}
        answer = client.post(reverse("account_login"), typed)
        costs.append(len(hashed))
        pages.append(answer.status_code)
    assert costs == [1, 1, 1]
    assert pages == [200, 200, 200]


def test_a_known_and_an_unknown_address_cost_the_same_when_an_account_is_made(cast, letter, hashed):
    with_password(cast.midori.user)
    seen = []
    for address in ("midori@example.com", "unknown@example.com"):
        hashed.clear()
        typed = {"email": address, "password1": NEW, "password2": NEW}
        browser = Browser()
        browser.cookies["letter"] = letter.cookies["letter"].value
        answer = browser.post(reverse("account_signup"), typed)
        seen.append((answer.status_code, answer.url, len(hashed)))
    assert seen[0] == seen[1]
    assert seen[0][2] == 1


def test_a_known_and_an_unknown_address_get_the_same_pages_for_a_new_password(cast, client):
    with_password(cast.midori.user)
    pages = []
    for address in ("midori@example.com", "unknown@example.com"):
        answer = client.post(reverse("account_reset_password"), {"email": address}, follow=True)
        wrong = client.post(answer.redirect_chain[-1][0], {"code": "ABCD-EFGH"})
        pages.append((answer.redirect_chain, wrong.status_code, len(words_of(answer))))
    assert pages[0][:2] == pages[1][:2]
    assert abs(pages[0][2] - pages[1][2]) < 5
