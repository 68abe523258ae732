"""Signing out leaves nothing at any of its URLs, and a page knows when its sign-in ends."""

import pytest
from django.urls import reverse

from apps.push.models import PushSubscription
from apps.push.services.broadcasts import DEVICE_SESSION_KEY
from tests import factories
from tests.browser import Browser

pytestmark = pytest.mark.django_db
ADDRESSES = {
    "signin:leave": "midori", "account_logout": "midori", "admin:logout": "nurse",
}  # fmt: skip
LEFT = reverse("signin:session_left")


@pytest.fixture(params=sorted(ADDRESSES))
def leaving(request, cast):
    """(a signed-in browser, the URL at which it signs out)."""
    browser = Browser()
    factories.force_sign_in(browser, getattr(cast, ADDRESSES[request.param]).user)
    return browser, reverse(request.param)


def test_the_browser_forgets_the_pages_it_has_seen(leaving):
    browser, path = leaving
    answer = browser.post(path)
    assert answer["Clear-Site-Data"] == '"cache"'
    assert "_auth_user_id" not in browser.session


def test_what_waits_sealed_on_the_tablet_is_kept_unless_nothing_waits(leaving):
    browser, path = leaving
    assert browser.post(path, {"queue": "empty"})["Clear-Site-Data"] == '"cache", "storage"'


def test_nobody_gets_push_messages_of_who_signed_out(leaving, monkeypatch):
    browser, path = leaving
    ended = []
    monkeypatch.setattr(
        "apps.push.services.broadcasts.sign_out_device", lambda user, device: ended.append(device)
    )
    session = browser.session
    session[DEVICE_SESSION_KEY] = "a-device"
    session.save()
    browser.post(path)
    assert ended == ["a-device"]
    assert not PushSubscription.objects.exists()
