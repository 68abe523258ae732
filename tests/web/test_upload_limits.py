"""Who may bring a large file: read from the session's cookie, whatever else the browser sends."""

import pytest
from django.conf import settings
from django.dispatch import Signal
from django.urls import reverse

from kaga_portal import upload_limits
from kaga_portal.upload_limits import UPLOAD_LIMITS, limit_for

NAME = "admin:signin_roster_upload"


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
    assert limit_with(cookies) == UPLOAD_LIMITS[NAME]


@pytest.mark.parametrize("cookies", ["", "_ga=a b", "sessionid=", "sessionid=nobody", "\x00=\x00"])
def test_a_stranger_may_bring_no_more_than_a_form(db, cookies):
    assert limit_with(cookies) == settings.DATA_UPLOAD_MAX_MEMORY_SIZE
