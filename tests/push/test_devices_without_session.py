"""A device ends or renews its own binding by what only it knows, without any session."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.push.models import DeviceState, PushSubscription
from tests.push.helpers import device, keys

pytestmark = pytest.mark.django_db
LEAVE, RENEW = reverse("push:leave"), reverse("push:renew")
NEW = "https://fcm.googleapis.com/fcm/send/new"


def post(url, body):
    """From a browser without cookies, whose CSRF check is on."""
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(url, sent, content_type="application/json")


def told(bound, **more):
    return {"endpoint": bound.endpoint, "keys": {"auth": bound.auth}, **more}


def state_of(bound):
    bound.refresh_from_db()
    return bound.state


def test_a_device_leaves_after_the_session_has_ended(cast):
    bound = device(cast.sakura.user)
    answer = post(LEAVE, told(bound))
    assert (answer.status_code, answer.content, answer.cookies.keys()) == (204, b"", set())
    assert state_of(bound) == DeviceState.SIGNED_OUT


@pytest.mark.parametrize("auth", ["", "x", "\ud83d", None, ["a"]])
def test_who_only_knows_the_endpoint_ends_nothing(cast, auth):
    bound = device(cast.sakura.user)
    assert post(LEAVE, {"endpoint": bound.endpoint, "keys": {"auth": auth}}).status_code in (
        204,
        400,
    )
    assert state_of(bound) == DeviceState.LIVE


def test_a_leaving_that_comes_late_does_not_end_the_next_persons_binding(cast):
    bound = device(cast.sakura.user)
    PushSubscription.objects.update(user=cast.ren.user)
    assert post(LEAVE, told(bound, user=str(cast.sakura.user.pk))).status_code == 204
    assert state_of(bound) == DeviceState.LIVE
    post(LEAVE, told(bound, user=str(cast.ren.user.pk)))
    assert state_of(bound) == DeviceState.SIGNED_OUT


@pytest.mark.parametrize("url", [LEAVE, RENEW])
@pytest.mark.parametrize("body", ["", "x", "[]", "1", "[" * 10_000, "{}", '{"old": 1, "new": []}'])
def test_anything_else_is_answered_and_changes_nothing(cast, url, body):
    bound = device(cast.sakura.user)
    assert post(url, body).status_code in (204, 400)
    assert state_of(bound) == DeviceState.LIVE


def test_a_changed_subscription_takes_the_place_of_the_old_one(cast):
    bound = device(cast.sakura.user)
    _, p256dh, auth = keys()
    new = {"endpoint": NEW, "keys": {"p256dh": p256dh, "auth": auth}}
    assert post(RENEW, {"old": told(bound), "new": new}).status_code == 204
    assert state_of(bound) == DeviceState.LIVE
    assert (bound.endpoint, bound.auth, bound.user) == (NEW, auth, cast.sakura.user)


def test_a_subscription_is_renewed_only_by_its_secret_and_only_while_live(cast):
    bound = device(cast.sakura.user)
    _, p256dh, auth = keys()
    new = {"endpoint": NEW, "keys": {"p256dh": p256dh, "auth": auth}}
    wrong = {"endpoint": bound.endpoint, "keys": {"auth": auth}}
    assert post(RENEW, {"old": wrong, "new": new}).status_code == 404
    strange = {**new, "endpoint": "https://evil.example/x"}
    assert post(RENEW, {"old": told(bound), "new": strange}).status_code == 422
    post(LEAVE, told(bound))
    assert post(RENEW, {"old": told(bound), "new": new}).status_code == 404
    assert not PushSubscription.objects.filter(endpoint=NEW).exists()
