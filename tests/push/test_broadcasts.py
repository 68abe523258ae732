"""A broadcast is one row for any number of people: planned, paused, cancelled, in quiet hours."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import AuditEvent
from apps.push.audience import BroadcastAudience
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeliveryState,
    PushDelivery,
)
from apps.push.services import broadcasts, chunks, deliveries
from tests import factories
from tests.push.broadcast_helpers import send_to_all, url
from tests.push.browser_keys import device

pytestmark = pytest.mark.usefixtures("daytime")


def rung():
    return set(PushDelivery.objects.values_list("subscription__user", flat=True))


# -- audience ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("narrowed", "who"),
    [({}, {"sakura", "ren"}), ({"grades": ("J2",)}, {"ren"}), ({"school_ids": "elsewhere"}, set()),
     ({"with_guardians": True}, {"sakura", "ren", "midori", "other_guardian"}),
     ({"grades": ("J1",), "with_guardians": True}, {"sakura", "midori"})],
)  # fmt: skip
def test_an_audience_is_all_students_and_their_guardians_if_wanted(
    cast, push_service, narrowed, who
):
    away = factories.student(factories.school_class(cast.away_school))
    people = {
        name: getattr(cast, name).user for name in ("sakura", "ren", "midori", "other_guardian")
    }
    for user in [*people.values(), away.user, cast.nurse.user]:
        push_service.device_of(user)
    if narrowed.get("school_ids"):
        narrowed = {"school_ids": (cast.away_school.pk,)}
    send_to_all(cast, audience=BroadcastAudience(cast.city.pk, **narrowed))
    broadcasts.deliver_due()
    assert rung() == {people[name].pk for name in who}


def test_who_is_kept_out_from_their_only_child_here_gets_no_push_not_even_one_that_waits(
    cast, push_service
):
    bound = push_service.device_of(cast.midori.user)
    push_service.device_of(cast.other_guardian.user)
    push_service.answer(bound, 503)
    send_to_all(cast, audience=BroadcastAudience(cast.city.pk, with_guardians=True))
    broadcasts.deliver_due()
    waiting = PushDelivery.objects.get(subscription__user=cast.midori.user)
    assert waiting.state == DeliveryState.PENDING
    cast.midori.guardianships.update(standing="kept_out")
    push_service.answer(bound, 201)
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        broadcasts.deliver_due()
        send_to_all(
            cast, audience=BroadcastAudience(cast.city.pk, with_guardians=True), topic="m" * 32
        )
        broadcasts.deliver_due()
    assert push_service.messages() != []
    (own_delivery,) = PushDelivery.objects.filter(subscription__user=cast.midori.user)
    assert own_delivery.state == DeliveryState.GONE


@pytest.mark.parametrize("with_guardians", [False, True])
def test_each_device_is_asked_whose_it_is_however_few_the_planner_takes_them_for(
    cast, with_guardians
):
    broadcast = send_to_all(
        cast, audience=BroadcastAudience(cast.city.pk, with_guardians=with_guardians)
    )
    plan = chunks.target_subscriptions(broadcast).explain()
    assert "SubPlan" in plan
    assert "Join" not in plan.splitlines()[0]
    assert "Loop" not in plan.splitlines()[0]


def test_those_without_a_device_are_counted_as_such(cast, push_service):
    push_service.device_of(cast.sakura.user)
    push_service.device_of(cast.sakura.user)
    broadcast = send_to_all(cast)
    broadcasts.deliver_due()
    found = broadcasts.broadcast_progress(broadcast)
    assert (broadcast.n_people, found["n"], found["n_accepted"], found["n_unable"]) == (2, 2, 2, 1)
    assert found["share"] == 100
    assert broadcasts.device_counts(broadcast.topic) == {"devices": 2, "accepted": 2}


def test_asking_costs_the_same_for_any_number_of_people(cast):
    def cost(topic):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            send_to_all(cast, topic=topic)
        return len(queries)

    first = cost("a")
    for n in range(30):
        device(
            factories.student(
                cast.class_1, f"生徒{n}", number=n + 10, local_code=f"{n + 5000}"
            ).user
        )
    assert cost("b") == first


def test_a_broadcast_is_cut_into_chunks_and_every_device_is_rung_once(
    cast, push_service, monkeypatch
):
    monkeypatch.setattr(chunks, "CHUNK_SIZE", 3)
    devices = [
        push_service.device_of(user) for user in [cast.sakura.user] * 7 + [cast.ren.user] * 4
    ]
    broadcast = send_to_all(cast)
    assert broadcasts.deliver_due() == 11
    assert BroadcastChunk.objects.filter(broadcast=broadcast).count() == 4
    assert PushDelivery.objects.filter(state=DeliveryState.ACCEPTED).count() == len(devices)
    assert len(push_service.messages()) == 11
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.FINISHED


def test_planning_a_large_broadcast_takes_no_more_queries(cast, monkeypatch):
    monkeypatch.setattr(chunks, "CHUNK_SIZE", 2)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            chunks.plan_next_broadcast()
        return len(queries)

    for _ in range(3):
        device(cast.sakura.user)
    send_to_all(cast, topic="a")
    first = cost()
    for _ in range(12):
        device(cast.ren.user)
    send_to_all(cast, topic="b")
    assert cost() == first


# -- stopping ---------------------------------------------------------------------------------------


def test_a_paused_broadcast_waits_and_goes_on(cast, push_service):
    push_service.device_of(cast.sakura.user)
    broadcast = send_to_all(cast)
    broadcasts.pause(broadcast, by=cast.officer.user)
    assert broadcasts.deliver_due() == 0
    broadcasts.resume(broadcast, by=cast.officer.user)
    assert broadcasts.deliver_due() == 1
    assert AuditEvent.objects.filter(thing_id=str(broadcast.pk)).count() == 2


def test_a_pause_in_flight_stops_the_chunk_at_the_next_look(cast, push_service, monkeypatch):
    monkeypatch.setattr("apps.push.services.delivery_run.WRITE_BATCH_SIZE", 2)
    monkeypatch.setattr("apps.push.transport.MAX_IN_FLIGHT", 2)
    for _ in range(12):
        push_service.device_of(cast.sakura.user)
    broadcast = send_to_all(cast)
    save_responses = deliveries.save_responses

    def pause_and_settle(*args):
        if Broadcast.objects.get(pk=broadcast.pk).state == BroadcastState.RUNNING:
            broadcasts.pause(broadcast, by=cast.officer.user)
        save_responses(*args)

    monkeypatch.setattr(deliveries, "save_responses", pause_and_settle)
    broadcasts.deliver_due()
    found = broadcasts.broadcast_progress(broadcast)
    assert 2 <= found["n_accepted"] <= 6  # requests under way finished, the others wait
    assert len(push_service.messages()) == found["n_accepted"]
    monkeypatch.setattr(deliveries, "save_responses", save_responses)
    broadcasts.resume(broadcast, by=cast.officer.user)
    broadcasts.deliver_due()
    assert broadcasts.broadcast_progress(broadcast)["n_accepted"] == 12
    assert len(push_service.messages()) == 12


def test_a_cancelled_broadcast_is_sent_to_nobody_any_more(cast, push_service):
    push_service.answer(push_service.device_of(cast.sakura.user), 503)
    broadcast = send_to_all(cast)
    broadcasts.deliver_due()
    broadcasts.cancel(broadcast, by=cast.officer.user)
    assert PushDelivery.objects.get().state == DeliveryState.CANCELLED
    with pytest.raises(broadcasts.CannotSendPush, match="その状態ではありません"):
        broadcasts.resume(broadcast, by=cast.officer.user)


def test_staff_watch_and_pause_a_broadcast(cast, sign_in, push_service):
    push_service.device_of(cast.sakura.user)
    broadcast = send_to_all(cast)
    browser = sign_in(cast.officer.user)
    assert "受け取れない人" in browser.get(url("broadcast_changelist")).content.decode()
    page = browser.get(url("broadcast_progress", broadcast.pk)).content.decode()
    assert "<progress" in page and "hx-get" in page
    assert browser.post(url("broadcast_action", broadcast.pk, "pause")).status_code == 302
    broadcast.refresh_from_db()
    assert broadcast.state == BroadcastState.PAUSED
    live = browser.get(url("broadcast_progress", broadcast.pk), headers={"hx-request": "true"})
    assert live.content.decode().lstrip().startswith("<section")
    assert "続ける" in live.content.decode()
    browser.post(url("broadcast_action", broadcast.pk, "cancel"))
    assert "hx-get" not in browser.get(url("broadcast_progress", broadcast.pk)).content.decode()
    again = browser.post(url("broadcast_action", broadcast.pk, "pause"), follow=True)
    assert "もうその状態ではありません" in again.content.decode()


def test_a_helpdesk_may_look_but_not_stop_and_others_do_not_find_it(cast, sign_in):
    broadcast = send_to_all(cast)
    page, stop = (
        url("broadcast_progress", broadcast.pk),
        url("broadcast_action", broadcast.pk, "pause"),
    )
    assert sign_in(cast.helpdesk.user).get(page).status_code == 200
    assert sign_in(cast.helpdesk.user).post(stop).status_code == 404
    assert sign_in(cast.nurse.user).get(page).status_code == 404
    away = factories.staff_post("city", of=cast.away)
    assert sign_in(away.user).get(page).status_code == 404
    assert sign_in(away.user).post(stop).status_code == 404
    assert sign_in(cast.officer.user).get(stop).status_code == 405
    assert (
        sign_in(cast.officer.user).post(url("broadcast_action", broadcast.pk, "x")).status_code
        == 404
    )
    assert sign_in(cast.sakura.user).get(page).status_code == 302


def test_a_message_to_one_person_is_nobody_elses_business(cast, sign_in):
    broadcast = broadcasts.send_to_users([cast.sakura.user.pk], topic="p", path="/pages/",
                         expires_at=timezone.now() + timedelta(hours=1), municipality_id=cast.city.pk)  # fmt: skip
    assert (
        sign_in(cast.officer.user).get(url("broadcast_progress", broadcast.pk)).status_code == 404
    )


def test_old_broadcasts_are_forgotten_with_their_deliveries(cast, push_service, daytime):
    push_service.device_of(cast.sakura.user)
    send_to_all(cast)
    broadcasts.deliver_due()
    assert broadcasts.delete_old_broadcasts() == (0, True)
    daytime.shift(timedelta(days=91))
    broadcasts.delete_old_broadcasts()
    assert not Broadcast.objects.exists() and not PushDelivery.objects.exists()
