"""Who may upload a large file: decided by the session cookie alone."""

import pytest
from django.conf import settings
from django.dispatch import Signal
from django.urls import reverse

from apps.signin import session_lifetime
from kaga_portal import upload_limits
from kaga_portal.upload_limits import UPLOAD_LIMITS, limit_for
from tests import factories

NAME = "admin:roster_upload"


@pytest.fixture(autouse=True)
def _keeps_the_tests_connection(monkeypatch):
    for signal in ("request_started", "request_finished"):
        monkeypatch.setattr(upload_limits, signal, Signal())


def limit_with(cookies):
    return limit_for({"REQUEST_METHOD": "POST", "PATH_INFO": reverse(NAME), "HTTP_COOKIE": cookies})


@pytest.mark.parametrize(
    "others", ["", "_ga=a b; ", "bad,name=1; ", 'q="a; ', "名=値; ", "alone; ", "=; "]
)
def test_a_cookie_of_another_site_does_not_hide_who_is_signed_in(cast, sign_in, others):
    desk = sign_in(cast.officer.user)
    key = desk.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{others}{settings.SESSION_COOKIE_NAME}={key}"
    assert limit_with(cookies) == UPLOAD_LIMITS[NAME][0]


@pytest.mark.parametrize("cookies", ["", "_ga=a b", "sessionid=", "sessionid=nobody", "\x00=\x00"])
def test_an_outsider_may_upload_no_more_than_a_form(db, cookies):
    assert limit_with(cookies) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def limit_of(browser, name=NAME):
    """The limit at the address ``name`` for what this browser brings."""
    path = reverse(name, args=["attendance"] if name == "admin:linkage_file_mapping" else [])
    cookies = f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"
    return limit_for({"REQUEST_METHOD": "POST", "PATH_INFO": path, "HTTP_COOKIE": cookies})


def test_the_password_alone_brings_no_more_than_a_form(cast, client):
    user = cast.officer.user
    client.force_login(user, backend=factories.auth_backend_of(user))
    assert limit_of(client) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE


@pytest.mark.parametrize(
    ("who", "brings"),
    [
        ("officer", {*UPLOAD_LIMITS} - {"admin:linkage_upload"}),
        (
            "principal",
            {
                "admin:roster_upload",
                "admin:notices_supportorganisation_import",
                "admin:registration_guardian_list_upload",
            },
        ),
        ("office", {"admin:registration_guardian_list_upload"}),
        ("nurse", set()),
        ("midori", set()),
        ("sakura", set()),
    ],
)
def test_only_who_may_bring_such_a_file_brings_a_large_one(cast, sign_in, who, brings):
    browser = sign_in(getattr(cast, who).user)
    names = {*UPLOAD_LIMITS} - {"admin:linkage_upload"}  # needs a source: the same rule
    usual = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert {name for name in names if limit_of(browser, name) > usual} == brings


def test_a_sign_in_that_is_over_brings_no_more_than_a_form(cast, sign_in):
    browser = sign_in(cast.officer.user)
    session = browser.session
    session[session_lifetime.LIFETIME_KEY] = [0, 0]
    session.save()
    assert limit_of(browser) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
