"""A device ends or renews its own binding by the secret of that binding, without a session."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from apps.push.models import DeviceState, PushSubscription
from apps.push.services import broadcasts, subscriptions
from apps.signin.services import cards, pin_resets
from tests.push.browser_keys import device, keys

pytestmark = pytest.mark.django_db
LEAVE, RENEW = reverse("push:leave"), reverse("push:renew")
NEW = "https://fcm.googleapis.com/fcm/send/new"


def post(url, body):
    """From a browser without cookies, whose CSRF check is on."""
    sent = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client(enforce_csrf_checks=True).post(url, sent, content_type="application/json")


def sign_out_body(bound, **more):
    """The device's proof of its present binding."""
    body = {"endpoint": bound.endpoint, "keys": {"auth": bound.auth}}
    return {**body, "secret": subscriptions.binding_secret(bound), **more}


def bind_to(bound, user):
    """The next person binds the same browser."""
    return broadcasts.subscribe(user, bound.endpoint, bound.p256dh, bound.auth)


def fresh():
    _, p256dh, auth = keys()
    return {"endpoint": NEW, "keys": {"p256dh": p256dh, "auth": auth}}


def state_of(bound):
    bound.refresh_from_db()
    return bound.state


def test_a_device_leaves_after_the_session_has_ended(cast):
    bound = device(cast.sakura.user)
    answer = post(LEAVE, sign_out_body(bound))
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


def test_the_answer_to_binding_is_its_secret_and_no_page_keeps_it(cast, sign_in):
    _, p256dh, auth = keys()
    body = {"endpoint": NEW, "keys": {"p256dh": p256dh, "auth": auth}}
    client = sign_in(cast.sakura.user)
    answer = client.post(reverse("push:subscribe"), body, content_type="application/json")
    bound = PushSubscription.objects.get()
    assert answer.json() == {"secret": subscriptions.binding_secret(bound)}
    assert answer["Cache-Control"] == "no-store"
    again = client.post(reverse("push:subscribe"), body, content_type="application/json")
    assert again.json() == answer.json()  # an answer that was lost is given again


def test_who_used_a_tablet_before_takes_no_messages_of_the_next_child_home(cast):
    before = sign_out_body(device(cast.sakura.user))
    bound = bind_to(PushSubscription.objects.get(), cast.ren.user)
    assert post(RENEW, {"old": before, "new": fresh()}).status_code == 404
    without = {key: before[key] for key in ("endpoint", "keys")}
    assert post(RENEW, {"old": without, "new": fresh()}).status_code == 404
    bound.refresh_from_db()
    assert bound.endpoint == before["endpoint"] != NEW


def test_a_leaving_that_comes_late_does_not_end_the_next_persons_binding(cast):
    before = sign_out_body(device(cast.sakura.user))
    bound = bind_to(PushSubscription.objects.get(), cast.ren.user)
    for body in (before, {**before, "user": str(cast.ren.user.pk)}):
        assert post(LEAVE, body).status_code == 204
        assert state_of(bound) == DeviceState.LIVE
    post(LEAVE, sign_out_body(bound))
    assert state_of(bound) == DeviceState.SIGNED_OUT


def test_a_secret_ends_with_its_binding_also_for_the_same_person(cast):
    bound = device(cast.sakura.user)
    before = sign_out_body(bound)
    post(LEAVE, before)
    bound = bind_to(bound, cast.sakura.user)
    assert state_of(bound) == DeviceState.LIVE
    post(LEAVE, before)
    assert state_of(bound) == DeviceState.LIVE


def test_a_new_card_ends_what_was_bound_with_the_old_one(cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "4829")
    bound, others = device(cast.sakura.user), device(cast.ren.user)
    before = sign_out_body(bound)
    cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    assert (state_of(bound), state_of(others)) == (DeviceState.SIGNED_OUT, DeviceState.LIVE)
    assert post(RENEW, {"old": before, "new": fresh()}).status_code == 410
    assert broadcasts.wants_push(cast.sakura.user)  # the child's own is bound at the next visit


def test_a_pin_reset_by_staff_is_told_on_the_devices_the_student_had(cast):
    ((_, code),) = cards.issue_cards([cast.sakura], by=cast.homeroom.user)
    cards.set_first_pin(code, "4829")
    bound = device(cast.sakura.user)
    pin_resets.reset_pin(cast.sakura, by=cast.homeroom.user, reason="わすれて 本人が 来たため")
    assert state_of(bound) == DeviceState.LIVE


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
    assert post(RENEW, {"old": sign_out_body(bound), "new": new}).status_code == 204
    assert state_of(bound) == DeviceState.LIVE
    assert (bound.endpoint, bound.auth, bound.user) == (NEW, auth, cast.sakura.user)


def test_a_subscription_is_renewed_only_by_its_secret_and_only_while_live(cast):
    bound = device(cast.sakura.user)
    _, p256dh, auth = keys()
    new = {"endpoint": NEW, "keys": {"p256dh": p256dh, "auth": auth}}
    wrong = {"endpoint": bound.endpoint, "keys": {"auth": auth}}
    assert post(RENEW, {"old": wrong, "new": new}).status_code == 404
    strange = {**new, "endpoint": "https://evil.example/x"}
    assert post(RENEW, {"old": sign_out_body(bound), "new": strange}).status_code == 422
    post(LEAVE, sign_out_body(bound))
    assert (
        post(RENEW, {"old": sign_out_body(bound), "new": new}).status_code == 410
    )  # told that it is over
    assert not PushSubscription.objects.filter(endpoint=NEW).exists()
