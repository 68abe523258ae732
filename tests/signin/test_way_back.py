"""Who is not signed in is led to the first page; what was asked for stands in no address."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from apps.people.pin_reauthentication import BACK_KEY
from apps.signin import way_back
from tests import factories
from tests.architecture.addresses import every_address, open_addresses
from tests.signin.account_helpers import with_password

PRIVATE = sorted({path for path, _ in every_address()} - set(open_addresses()))
ENTRIES = {"/", reverse("admin:login"), reverse("account_login")}


def signs_in(browser, user):
    """The address after signing in with the password."""
    typed = {"login": user.email, "password": factories.PASSWORD}
    return browser.post(reverse("account_login"), typed).url


@pytest.fixture
def midori(cast):
    return with_password(cast.midori.user)


@pytest.fixture
def overview(cast):
    return reverse("consent:overview", args=[cast.sakura.pk])


@pytest.mark.parametrize("method", ["get", "post"])
def test_no_address_after_a_refusal_says_what_was_asked_for(db, method):
    for path in PRIVATE:
        answer = getattr(Client(), method)(path)
        if answer.status_code == 302:
            assert answer.url in ENTRIES, (path, answer.url)


def test_after_signing_in_an_adult_goes_on_where_they_wanted_to_go(client, midori, overview):
    assert client.get(overview).url == "/"
    assert signs_in(client, midori) == overview
    assert way_back.COOKIE_NAME not in {n for n, c in client.cookies.items() if c.value}


def test_the_way_back_is_unreadable_and_short_lived(client, overview):
    cookie = client.get(overview).cookies[way_back.COOKIE_NAME]
    assert "consent" not in cookie.value
    assert cookie["httponly"]
    assert cookie["max-age"] <= 600


def test_another_adult_at_the_same_browser_is_not_led_there(client, cast, midori, overview):
    signs_in(client, midori)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)  # its time was over
    client.get(overview)
    other = with_password(cast.other_guardian.user)
    assert signs_in(client, other) == "/"


def test_signing_out_forgets_the_way_back(client, midori, overview):
    signs_in(client, midori)
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    client.get(overview)
    client.post(reverse("signin:leave"))
    assert not client.cookies[way_back.COOKIE_NAME].value
    assert signs_in(client, midori) == "/"


@pytest.mark.parametrize("name", ["helpline:start", "helpline:ask", "helpline:status", "checkins:today", "checkins:days"])  # fmt: skip
def test_nothing_is_kept_of_a_page_of_students(client, midori, name):
    answer = client.get(reverse(name))
    assert answer.url == "/"
    assert way_back.COOKIE_NAME not in answer.cookies
    assert signs_in(client, midori) == "/"


def test_nothing_is_kept_on_a_tablet_whose_last_person_was_a_student(client, cast, overview):
    factories.force_sign_in(client, cast.sakura.user)
    client.get(reverse("helpline:ask"))  # a form: the browser learns whose it is
    client.cookies.pop(settings.SESSION_COOKIE_NAME)
    assert way_back.COOKIE_NAME not in client.get(overview).cookies


@pytest.mark.parametrize("value", ["x", "", "gAAAA", "%00"])
def test_a_cookie_of_somebody_elses_making_leads_to_the_first_page(client, midori, value):
    client.cookies[way_back.COOKIE_NAME] = value
    assert signs_in(client, midori) == "/"


def test_the_pin_page_has_no_page_in_its_address(cast, sign_in):
    browser = sign_in(cast.sakura.user, proved=False)
    answer = browser.get(reverse("checkins:days"))
    assert answer.url == reverse("signin:prove")
    assert browser.session[BACK_KEY] == reverse("checkins:days")
    page = browser.get(answer.url).content.decode()
    assert f'name="next" value="{reverse("checkins:days")}"' in page
