"""Push messages are rows: sent over real HTTP, decrypted by the other side, never lost or doubled."""

import json
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeliveryState,
    DeviceState,
    PushDelivery,
    PushOrigin,
    PushSubscription,
)
from apps.push.services import broadcasts
from tests.push.broadcast_helpers import NOON
from tests.push.browser_keys import keys

pytestmark = pytest.mark.usefixtures("daytime")


def send(cast, users=None, **more):
    values = {
        "topic": "a" * 32, "path": "/notices/x/", "expires_at": timezone.now() + timedelta(hours=1),
        "municipality_id": cast.city.pk, **more,
    }  # fmt: skip
    return broadcasts.send_to_users([user.pk for user in users or [cast.sakura.user]], **values)


def only():
    return PushDelivery.objects.get()


def now_again():
    """As if the time to try again had come."""
    PushDelivery.objects.filter(state=DeliveryState.PENDING).update(next_at=timezone.now())
    BroadcastChunk.objects.filter(is_done=False).update(next_at=timezone.now())
    PushOrigin.objects.update(open_until=timezone.now())


def test_a_message_is_really_decrypted_by_the_service(cast, push_service):
    push_service.device_of(cast.sakura.user)
    send(cast)
    assert broadcasts.deliver_due() == 1
    assert only().state == DeliveryState.ACCEPTED
    (arrived,) = push_service.messages()
    message = json.loads(arrived["text"])["notification"]
    assert message["title"] == "お知らせが 1つ あります"
    assert message["navigate"].endswith("/notices/x/")
    assert arrived["topic"] == message["tag"] == "a" * 32
    assert 3590 < arrived["ttl"] <= 3600


def test_the_message_carries_no_words_of_the_notice(cast, push_service):
    push_service.device_of(cast.sakura.user)
    send(cast)
    broadcasts.deliver_due()
    (arrived,) = push_service.messages()
    message = json.loads(arrived["text"])
    assert message["web_push"] == 8030
    assert set(message["notification"]) == {
        "title", "lang", "dir", "navigate", "tag", "app_badge", "data",
    }  # fmt: skip
    assert set(message["notification"]["data"]) == {"ack"}
    assert cast.sakura.given_name not in arrived["text"]


def test_sending_twice_about_the_same_thing_is_one_message(cast, push_service):
    push_service.device_of(cast.sakura.user)
    send(cast)
    broadcasts.deliver_due()
    send(cast)
    assert broadcasts.deliver_due() == 0
    assert len(push_service.messages()) == 1


def test_people_added_to_an_occasion_are_rung_and_the_first_are_not_rung_again(cast, push_service):
    push_service.device_of(cast.sakura.user)
    push_service.device_of(cast.ren.user)
    send(cast)
    broadcasts.deliver_due()
    send(cast, [cast.sakura.user, cast.ren.user])
    assert broadcasts.deliver_due() == 1
    assert len(push_service.messages()) == 2
    assert Broadcast.objects.get().state == BroadcastState.FINISHED


def test_ringing_nobody_is_nothing(cast):
    assert broadcasts.send_to_users([], topic="x", path="/", expires_at=timezone.now()) is None
    assert not Broadcast.objects.exists()


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten(cast, push_service, status):
    push_service.answer(push_service.device_of(cast.sakura.user), status)
    send(cast)
    broadcasts.deliver_due()
    assert only().state == DeliveryState.GONE
    assert PushSubscription.objects.get().state == DeviceState.GONE
    assert Broadcast.objects.get().state == BroadcastState.FINISHED


@pytest.mark.parametrize("status", [429, 406, 500, 503, 401, 403])
def test_a_service_in_trouble_never_costs_a_device(cast, push_service, status):
    push_service.answer(push_service.device_of(cast.sakura.user), status)
    send(cast)
    broadcasts.deliver_due()
    assert only().state == DeliveryState.PENDING
    assert PushSubscription.objects.live().count() == 1


@pytest.mark.parametrize("status", [429, 406])
@pytest.mark.parametrize("how", ["seconds", "date"])
def test_a_device_that_is_throttled_waits_as_it_was_asked_and_nobody_else(
    cast, push_service, status, how, daytime
):
    retry_after = "240" if how == "seconds" else format_datetime(NOON + timedelta(minutes=4))
    push_service.answer(
        push_service.device_of(cast.sakura.user), status, **{"Retry-After": retry_after}
    )
    push_service.device_of(cast.ren.user)
    send(cast)
    broadcasts.deliver_due()
    assert timedelta(minutes=3) < only().next_at - timezone.now() < timedelta(minutes=5)
    assert only().attempts == 0
    assert PushOrigin.objects.get().state == "closed"
    send(cast, [cast.ren.user], topic="b")
    assert broadcasts.deliver_due() == 1
    assert [m["topic"] for m in push_service.messages()] == ["b"]


@pytest.mark.parametrize("how", ["seconds", "date"])
def test_the_whole_service_rests_as_long_as_it_asked_when_many_devices_are_told_so(
    cast, push_service, how, daytime
):
    retry_after = "600" if how == "seconds" else format_datetime(NOON + timedelta(minutes=10))
    for _ in range(20):
        device = push_service.device_of(cast.sakura.user)
        push_service.answer(device, 429, **{"Retry-After": retry_after})
    push_service.device_of(cast.ren.user)
    send(cast)
    broadcasts.deliver_due()
    line = PushOrigin.objects.get()
    assert timedelta(minutes=9) < line.open_until - timezone.now() < timedelta(minutes=11)
    assert line.rate == 750  # half as fast as before
    send(cast, [cast.ren.user], topic="b")
    assert broadcasts.deliver_due() == 0
    daytime.shift(timedelta(minutes=11))
    broadcasts.deliver_due()
    assert [m["topic"] for m in push_service.messages()] == ["b"]


@pytest.mark.parametrize("status", [301, 302, 307, 400])
def test_what_cannot_be_mended_ends(cast, push_service, status):
    device = push_service.device_of(cast.sakura.user)
    push_service.answer(device, status, Location=f"{push_service.origin}/inside")
    send(cast)
    broadcasts.deliver_due()
    assert only().state == DeliveryState.FAILED
    assert push_service.visits_inside() == 0
    assert PushSubscription.objects.live().count() == 1


def test_what_wns_says_in_a_header_is_kept_as_a_short_word(cast, push_service):
    device = push_service.device_of(cast.sakura.user)
    why = "Ttl value conflicts with X-WNS-Cache-Policy"
    push_service.answer(device, 400, **{"X-WNS-Error-Description": why})
    send(cast)
    broadcasts.deliver_due()
    assert (only().http_status, only().error_code) == (
        400,
        "TtlvalueconflictswithX-WNS-Cache-Policy",
    )


def test_a_message_that_is_too_large_is_sent_once_more_in_its_short_form(cast, push_service):
    push_service.answer(push_service.device_of(cast.sakura.user), 413)
    send(cast)
    broadcasts.deliver_due()
    assert only().state == DeliveryState.FAILED
    assert only().attempts == 2
    long, short = push_service.sizes()
    assert short < long


@pytest.mark.parametrize(
    ("status", "body"),
    [(400, '{"reason": "VapidPkHashMismatch"}'),
     (403, "the key in the authorization header does not correspond to the sender ID used")],
)  # fmt: skip
def test_a_device_of_another_key_is_kept_to_be_bound_anew(cast, push_service, status, body):
    device = push_service.device_of(cast.sakura.user)
    push_service.answer(device, status, body=body)
    send(cast)
    broadcasts.deliver_due()
    device.refresh_from_db()
    assert device.state == DeviceState.KEY_CHANGED
    assert PushOrigin.objects.get().refused_at is None


def test_a_changed_vapid_key_reaches_nobody_until_they_bind_anew(cast, push_service):
    device = push_service.device_of(cast.sakura.user)
    PushSubscription.objects.update(vapid_key="another")
    send(cast)
    assert broadcasts.deliver_due() == 0
    device.refresh_from_db()
    assert device.state == DeviceState.KEY_CHANGED
    assert Broadcast.objects.get().n_unable == 1
    broadcasts.subscribe(cast.sakura.user, device.endpoint, device.p256dh, device.auth)
    send(cast, topic="b")
    assert broadcasts.deliver_due() == 1


def test_a_refused_signature_is_made_anew_once_and_then_raises_the_alarm(cast, push_service):
    device = push_service.device_of(cast.sakura.user)
    push_service.answer(device, 403, body='{"reason": "BadJwtToken"}')
    send(cast)
    broadcasts.deliver_due()
    line = PushOrigin.objects.get()
    assert line.state == "open"
    assert line.refused_at is not None
    assert only().error_code == "BadJwtToken"
    assert (only().attempts, only().state) == (0, DeliveryState.PENDING)
    push_service.answer(device, 201)
    now_again()
    broadcasts.deliver_due()
    line.refresh_from_db()
    assert (line.state, line.refused_at) == ("closed", None)


def test_after_six_attempts_it_is_called_failed(cast, push_service):
    push_service.answer(push_service.device_of(cast.sakura.user), 503)
    send(cast)
    for _ in range(8):
        broadcasts.deliver_due()
        now_again()
    assert only().state == DeliveryState.FAILED
    assert only().attempts == 6
    assert len(push_service.sizes()) == 6


def test_what_nobody_needs_any_more_is_not_rung(cast, push_service):
    push_service.device_of(cast.sakura.user)
    send(cast, expires_at=timezone.now() - timedelta(seconds=1))
    assert broadcasts.deliver_due() == 0
    assert only().state == DeliveryState.EXPIRED
    assert push_service.messages() == []


def test_a_service_that_does_not_answer_is_tried_later(cast, settings):
    settings.PUSH_SANDBOX_ORIGIN = "http://127.0.0.1:9"
    broadcasts.subscribe(cast.sakura.user, "http://127.0.0.1:9/push/x", *keys()[1:])
    send(cast)
    broadcasts.deliver_due()
    assert only().state == DeliveryState.PENDING
    assert only().http_status is None
    assert only().next_at > timezone.now()


@pytest.mark.parametrize("script", [{"reset": True}, {"hang_s": 5}])
def test_a_cut_or_hanging_line_is_tried_later(cast, push_service, script, monkeypatch):
    monkeypatch.setattr("apps.push.transport.TOTAL_TIMEOUT_S", 1)
    monkeypatch.setattr("apps.push.transport._transports", {})
    push_service.tell(push_service.device_of(cast.sakura.user), script)
    push_service.device_of(cast.ren.user)
    send(cast, [cast.sakura.user, cast.ren.user])
    broadcasts.deliver_due()
    states = PushDelivery.objects.order_by("state").values_list("state", flat=True)
    assert list(states) == [DeliveryState.ACCEPTED, DeliveryState.PENDING]
    assert PushSubscription.objects.live().count() == 2
