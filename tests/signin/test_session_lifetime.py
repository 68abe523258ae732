"""Activity renews a sign-in, up to an absolute end."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from apps.core.clock import JST
from apps.signin import session_lifetime
from apps.signin.session_lifetime import LIFETIME_KEY
from tests import factories

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 11, 24, 8, tzinfo=JST)
PAGE = reverse("push:settings")


@pytest.fixture
def time():
    with time_machine.travel(MORNING, tick=False) as clock:
        yield clock


def is_in(browser, **headers):
    return browser.get(PAGE, headers=headers).status_code == 200


def test_whoever_clicks_stays_signed_in_beyond_an_hour(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    for _ in range(4):
        time.shift(timedelta(minutes=40))
        assert is_in(browser)


def test_an_hour_without_a_click_ends_it(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    time.shift(timedelta(minutes=59))
    assert is_in(browser)
    time.shift(timedelta(minutes=60))
    assert not is_in(browser)


@pytest.mark.parametrize(
    ("who", "hours"), [("sakura", 8), ("midori", 12), ("nurse", 10), ("principal", 10)]
)
def test_nothing_that_is_done_moves_the_absolute_end(cast, sign_in, time, who, hours):
    browser = sign_in(getattr(cast, who).user)
    for _ in range(2 * hours - 1):
        time.shift(timedelta(minutes=30))
        assert is_in(browser)
    browser.get("/c/")
    time.shift(timedelta(minutes=29))
    assert is_in(browser)
    time.shift(timedelta(minutes=1))
    assert not is_in(browser)


@pytest.mark.parametrize("path", ["/c/", "/g/", "/no/such/page/"])
def test_following_a_card_or_a_letter_is_no_activity(cast, sign_in, time, path):
    browser = sign_in(cast.sakura.user)
    for _ in range(3):
        time.shift(timedelta(minutes=20))
        browser.get(path)
    assert not is_in(browser)


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true"},
        {"Sec-Fetch-Mode": "cors"},
        {"Sec-Fetch-Mode": "same-origin"},
        {"Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_what_a_page_fetches_by_itself_is_no_activity(cast, sign_in, time, headers):
    browser = sign_in(cast.sakura.user)
    for _ in range(3):
        time.shift(timedelta(minutes=19))
        assert is_in(browser, **headers)
    time.shift(timedelta(minutes=3))
    assert not is_in(browser)


def test_a_page_that_is_opened_is_activity(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    for _ in range(3):
        time.shift(timedelta(minutes=40))
        assert is_in(browser, **{"Sec-Fetch-Mode": "navigate"})


def test_the_addresses_that_pages_ask_for_by_themselves_exist():
    assert set(_names(get_resolver().url_patterns)) >= session_lifetime.NO_ACTIVITY


def _names(patterns, space=""):
    for one in patterns:
        if isinstance(one, URLPattern):
            yield f"{space}{one.name}"
        else:
            inner = one.namespace or one.app_name
            yield from _names(one.url_patterns, f"{space}{inner}:" if inner else space)


def test_a_new_sign_in_begins_anew(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    time.shift(timedelta(hours=9))
    assert not is_in(browser)
    factories.force_sign_in(browser, cast.sakura.user)
    assert is_in(browser)


def test_a_sign_in_of_before_this_rule_gets_an_end(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    session = browser.session
    del session[LIFETIME_KEY]
    session.save()
    assert is_in(browser)
    assert browser.session[LIFETIME_KEY][0] == (MORNING + timedelta(hours=8)).timestamp()


def test_most_clicks_write_no_session(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    is_in(browser)
    time.shift(timedelta(minutes=4))
    with CaptureQueriesContext(
        connection,
    ) as no_writes:
        is_in(browser)
    assert not [q["sql"] for q in no_writes if "django_session" in q["sql"]]
    time.shift(timedelta(minutes=1))
    with CaptureQueriesContext(connection) as renewing:
        is_in(browser)
    assert len([q for q in renewing if "django_session" in q["sql"]]) <= 3
    assert browser.session[LIFETIME_KEY][1] == (MORNING + timedelta(minutes=5)).timestamp()


def test_a_renewal_does_not_undo_what_another_tab_wrote(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    slow = browser.session  # as a request of tab one has read it
    assert slow[LIFETIME_KEY]
    other = browser.session
    other["of_tab_two"] = 1
    other.save()
    time.shift(timedelta(minutes=6))
    session_lifetime._write_renewal(slow, [slow[LIFETIME_KEY][0], MORNING.timestamp() + 360])
    assert browser.session["of_tab_two"] == 1
    assert browser.session[LIFETIME_KEY][1] == MORNING.timestamp() + 360


def test_a_renewal_brings_no_ended_session_back(cast, sign_in, time):
    browser = sign_in(cast.sakura.user)
    slow = browser.session
    assert slow[LIFETIME_KEY]
    browser.session.flush()
    time.shift(timedelta(minutes=6))
    session_lifetime._write_renewal(slow, [slow[LIFETIME_KEY][0], MORNING.timestamp() + 360])
    assert not Session.objects.exists()
    assert not browser.session.exists(slow.session_key)
