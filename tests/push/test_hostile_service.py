"""A few bad devices never slow their whole service: everything deliverable arrives in minutes."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apps.push.models import DeliveryState, PushDelivery, PushOrigin, PushSubscription
from apps.push.services import broadcasts
from apps.push.webpush import vapid_key_id
from tests.push.browser_keys import keys
from tests.push.hostile_service import DELIVERABLE, UNDELIVERABLE, hostile_service

__all__ = ["hostile_service"]
WELL, OF_EACH = 400, 12
ROUNDS = 8  # two minutes apart: a quarter of an hour


def bind(service, user, counts):
    """Devices of one person that answer in these ways ({way: how many}), mixed."""
    _, p256dh, auth = keys()
    origin, _ = PushOrigin.objects.get_or_create(origin=service.origin)
    endpoints = [
        f"{service.origin}/push/{behaviour}/{number}"
        for behaviour, n in counts.items()
        for number in range(n)
    ]
    PushSubscription.objects.bulk_create(
        PushSubscription(
            user=user, origin=origin, endpoint=endpoint,
            endpoint_sha256=hashlib.sha256(endpoint.encode()).digest(), p256dh=p256dh, auth=auth,
            vapid_key=vapid_key_id(settings.VAPID_PUBLIC_KEY),
        )
        for endpoint in endpoints
    )  # fmt: skip


def send(user, topic="a" * 32):
    broadcasts.send_to_users(
        [user.pk], topic=topic, path="/", expires_at=timezone.now() + timedelta(hours=6)
    )


def waiting(*behaviours):
    """The endpoints of these ways whose message is not yet accepted."""
    left = PushDelivery.objects.exclude(state=DeliveryState.ACCEPTED)
    found = left.values_list("subscription__endpoint", flat=True)
    return [endpoint for endpoint in found if endpoint.split("/")[-2] in behaviours]


def rounds_until_delivered(daytime, most=ROUNDS):
    """How many rounds, two minutes apart, until every message that can be delivered is."""
    for number in range(1, most + 1):
        broadcasts.deliver_due()
        if not waiting(*DELIVERABLE):
            return number
        daytime.shift(timedelta(minutes=2))
    raise AssertionError(f"{len(waiting(*DELIVERABLE))} messages still wait")


def test_all_deliverable_messages_arrive_within_a_quarter_of_an_hour(
    cast, hostile_service, daytime
):
    mix = dict.fromkeys([*DELIVERABLE, *UNDELIVERABLE], OF_EACH)
    bind(hostile_service, cast.sakura.user, {**mix, "well": WELL})
    send(cast.sakura.user)
    broadcasts.deliver_due()
    assert waiting("well") == []  # at once, whatever the others do
    assert rounds_until_delivered(daytime) <= 4
    assert set(hostile_service.accepted.values()) == {1}
    line = PushOrigin.objects.get()
    assert (line.state, line.refused_at) == ("closed", None)
    assert line.rate >= settings.PUSH_START_RATE


def test_bad_devices_do_not_delay_the_next_broadcast(cast, hostile_service, daytime):
    bind(hostile_service, cast.sakura.user, {"well": 100, **dict.fromkeys(UNDELIVERABLE, 8)})
    send(cast.sakura.user)
    broadcasts.deliver_due()
    send(cast.sakura.user, topic="b" * 32)
    broadcasts.deliver_due()
    assert waiting("well") == []


def test_what_never_succeeds_ends_or_waits_and_is_not_asked_without_pause(
    cast, hostile_service, daytime
):
    bind(hostile_service, cast.sakura.user, dict.fromkeys(UNDELIVERABLE, 2))
    send(cast.sakura.user)
    for _ in range(30):
        broadcasts.deliver_due()
        daytime.shift(timedelta(minutes=1))
    assert {e.split("/")[-2] for e in waiting(*UNDELIVERABLE)} == set(UNDELIVERABLE)
    assert max(PushDelivery.objects.values_list("attempts", flat=True)) <= 6
    assert hostile_service.n_requests["/push/throttled/0"] <= 4
    pending = PushDelivery.objects.filter(state=DeliveryState.PENDING)
    behaviours = {row.subscription.endpoint.split("/")[-2] for row in pending}
    assert behaviours == {"throttled", "refused"}  # until the message is out of date
    assert pending.filter(next_at__gt=timezone.now() + timedelta(hours=1)).count() == 0


def test_a_service_that_throttles_everybody_rests_but_not_for_a_day(cast, hostile_service, daytime):
    bind(hostile_service, cast.sakura.user, {"once429": 60})
    send(cast.sakura.user)
    broadcasts.deliver_due()
    line = PushOrigin.objects.get()
    assert line.state == "open"
    assert line.open_until <= timezone.now() + timedelta(minutes=15)
    assert rounds_until_delivered(daytime, most=12) <= 9


def test_a_service_that_fails_for_everybody_rests(cast, hostile_service, daytime):
    bind(hostile_service, cast.sakura.user, {"broken": 60})
    send(cast.sakura.user)
    broadcasts.deliver_due()
    n_requests = sum(hostile_service.n_requests.values())
    assert PushOrigin.objects.get().state == "open"
    assert n_requests == 60
    daytime.shift(timedelta(seconds=31))
    broadcasts.deliver_due()
    assert sum(hostile_service.n_requests.values()) == n_requests + 5  # five probes
