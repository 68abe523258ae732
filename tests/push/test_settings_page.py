"""The push settings page: on, off and trial, for one's own devices only."""

import json
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings as django_settings
from django.urls import reverse
from django.utils import timezone

from apps.core.municipality_scope import within
from apps.disclosure.services import personal_data
from apps.push.models import Broadcast, BroadcastChunk, DeviceState, PushDelivery, PushSubscription
from apps.push.services import broadcasts
from apps.push.services.subscriptions import known_devices_of
from apps.signin.services.sessions import end_sessions_of_users
from tests.push.browser_keys import b64, device, keys

PAGE, ON, OFF, TRIAL, ACK = (
    reverse(f"push:{name}") for name in ("settings", "subscribe", "unsubscribe", "trial", "ack")
)
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"


def binding_body(endpoint=ENDPOINT, created=None, **more):
    _, p256dh, auth = created or keys()
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}, **more})


def bind(browser, *args, **more):
    return browser.post(ON, binding_body(*args, **more), content_type="application/json")


def test_a_device_is_bound_and_listed(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert bind(browser).status_code == 201
    page = browser.get(PAGE).content.decode()
    assert "やめる" in page
    assert "いま" in page  # the device of this session is marked


def test_the_device_is_named_in_two_words(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    agent = "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/142 Safari/537.36"
    browser.post(ON, binding_body(), content_type="application/json", headers={"user-agent": agent})
    assert PushSubscription.objects.get().device == "Chromebook(Chrome)"


@pytest.mark.parametrize(
    "endpoint",
    ["https://evil.example/x", "http://fcm.googleapis.com/x", "https://127.0.0.1/x", "file:///etc/passwd"],
)  # fmt: skip
def test_a_strange_endpoint_is_refused_with_a_sentence(cast, sign_in, endpoint):
    answer = bind(sign_in(cast.sakura.user), endpoint)
    assert answer.status_code == 422
    assert "登録できません" in answer.json()["error"]
    assert PushSubscription.objects.count() == 0


def test_a_subscription_made_with_another_key_is_refused(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert bind(browser, key="another").status_code == 422
    assert bind(browser, key=django_settings.VAPID_PUBLIC_KEY).status_code == 201


@pytest.mark.parametrize("body", ["", "\x00", "{", "[" * 50_000, '{"endpoint": "\\ud800"}'])
def test_what_is_no_json_is_a_bad_request(body, cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.post(ON, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "body", ["[]", "{}", "1", '{"endpoint": 1, "keys": []}', '{"endpoint": "x", "keys": {}}']
)
def test_nonsense_is_refused(body, cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.post(ON, body, content_type="application/json").status_code == 422


# -- whose device -----------------------------------------------------------------------------------


def test_nobody_switches_off_somebody_elses_device(cast, sign_in):
    own_device = device(cast.sakura.user)
    sign_in(cast.ren.user).post(OFF, {"device": str(own_device.pk)})
    assert len(broadcasts.devices_of(cast.sakura.user)) == 1
    sign_in(cast.sakura.user).post(OFF, {"device": str(own_device.pk)})
    assert len(broadcasts.devices_of(cast.sakura.user)) == 0


def test_an_endpoint_changes_hands_with_its_tablet(cast, sign_in):
    created = keys()
    bind(sign_in(cast.sakura.user), created=created)
    bind(sign_in(cast.ren.user), created=created, resync=True)
    assert not broadcasts.devices_of(cast.sakura.user)
    assert len(broadcasts.devices_of(cast.ren.user)) == 1


def test_who_only_knows_an_endpoint_cannot_take_it_over(cast, sign_in):
    bind(sign_in(cast.sakura.user))
    assert bind(sign_in(cast.ren.user)).status_code == 422  # other keys
    assert len(broadcasts.devices_of(cast.sakura.user)) == 1


def test_signing_out_ends_the_device_of_that_session_only(cast, sign_in):
    device(cast.sakura.user)
    browser, created = sign_in(cast.sakura.user), keys()
    bind(browser, created=created)
    browser.post(reverse("signin:leave"))
    assert len(broadcasts.devices_of(cast.sakura.user)) == 1
    assert PushSubscription.objects.get(endpoint=ENDPOINT).state == DeviceState.SIGNED_OUT
    assert broadcasts.wants_push(cast.sakura.user)
    bind(sign_in(cast.sakura.user), created=created, resync=True)
    assert len(broadcasts.devices_of(cast.sakura.user)) == 2


def test_a_page_by_itself_never_undoes_a_stop(cast, sign_in):
    browser, created = sign_in(cast.sakura.user), keys()
    bind(browser, created=created)
    browser.post(OFF, {"device": str(PushSubscription.objects.get().pk)})
    assert not broadcasts.wants_push(cast.sakura.user)
    assert bind(browser, created=created, resync=True).status_code == 422
    assert bind(browser, created=created).status_code == 201  # but the person may


def test_ten_thousand_subscriptions_of_one_person_leave_twenty_devices(cast):
    n_asked = 0
    for n in range(10_000):
        try:
            broadcasts.subscribe(cast.sakura.user, f"{ENDPOINT}{n}", *MANY[1:])
            n_asked += 1
        except broadcasts.CannotSubscribe:
            break
    assert n_asked == 60  # in an hour
    assert len(broadcasts.devices_of(cast.sakura.user)) == 20
    newest = broadcasts.devices_of(cast.sakura.user)[0]
    assert newest.endpoint == f"{ENDPOINT}59"


MANY = keys()


def test_a_device_that_is_no_id_changes_nothing(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.post(OFF, {"device": "x"}).status_code == 302
    assert browser.post(TRIAL, {"device": "x"}).status_code == 302
    assert browser.get(PAGE, {"trial": "x"}).status_code == 200


def test_anonymous_people_are_sent_away(client, db):
    assert client.get(PAGE).status_code == 302
    assert bind(client).status_code == 302
    assert client.post(TRIAL).status_code == 302


def test_only_post_changes_anything(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    for url in (ON, OFF, TRIAL, ACK):
        assert browser.get(url).status_code == 405


# -- trial messages and receipts ------------------------------------------------------------------


def test_a_trial_reaches_one_device_and_hears_its_answer(
    cast, sign_in, push_service, django_capture_on_commit_callbacks
):
    tried, other = (push_service.device_of(cast.sakura.user) for _ in range(2))
    browser = sign_in(cast.sakura.user)
    answer = browser.post(TRIAL, {"device": str(tried.pk)})
    assert "?trial=" in answer.url
    page = answer.url.partition("#")[0]
    assert "いまの ようす" in browser.get(page).content.decode()
    broadcasts.deliver_due()
    assert "端末" in browser.get(page).content.decode()
    (arrived,) = push_service.messages()
    states = json.loads(arrived["text"])["notification"]
    assert states["title"] == "ためしの 通知です"
    proof = states["data"]["ack"]
    assert browser.post(ACK, proof, content_type="text/plain").status_code == 204
    state = browser.get(reverse("push:trial_state", args=[Broadcast.objects.get().pk]))
    assert "data-again" not in state.content.decode()
    assert broadcasts.trial_state(cast.sakura.user, Broadcast.objects.get().pk) == "shown"
    tried.refresh_from_db()
    assert tried.acked_at is not None


def test_a_trial_is_for_ones_own_device_and_seen_by_oneself(cast, sign_in):
    own_device = device(cast.sakura.user)
    sign_in(cast.ren.user).post(TRIAL, {"device": str(own_device.pk)})
    assert not Broadcast.objects.exists()
    created = broadcasts.send_trial(cast.sakura.user, own_device.pk)
    url = reverse("push:trial_state", args=[created.pk])
    assert sign_in(cast.ren.user).get(url).status_code == 404


def states_over_time(user, device, row=None, seconds=(0, 59, 61, 299, 301)):
    """The states of a trial that began then, each so many seconds later."""
    began = timezone.now().replace(microsecond=0)
    with time_machine.travel(began, tick=False):
        created = broadcasts.send_trial(user, device.pk)
    if row:
        delivery(created, device, finished_at=began, **row)
    states = []
    for later in seconds:
        with time_machine.travel(began + timedelta(seconds=later), tick=False):
            states.append(broadcasts.trial_state(user, created.pk))
    return states


def delivery(created, device, **row):
    chunk = BroadcastChunk.objects.create(
        broadcast=created, origin=device.origin, lo=device.pk, hi=device.pk
    )
    PushDelivery.objects.create(broadcast=created, subscription=device, chunk=chunk, **row)


@pytest.mark.parametrize(
    ("row", "states"),
    [
        (None, ["waiting", "waiting", "waiting", "waiting", "unsent"]),  # no worker sent it
        ({"state": "pending"}, ["waiting", "waiting", "waiting", "waiting", "unsent"]),
        ({"state": "accepted"}, ["sent", "sent", "silent", "silent", "silent"]),
        ({"state": "accepted", "acked_at": timezone.now()}, ["shown"] * 5),
        ({"state": "expired"}, ["unsent"] * 5),
        ({"state": "cancelled"}, ["unsent"] * 5),
        ({"state": "failed"}, ["failed"] * 5),
        ({"state": "gone"}, ["failed"] * 5),
    ],
    ids=[
        "nobody took it",
        "pending",
        "accepted",
        "shown",
        "expired",
        "cancelled",
        "failed",
        "gone",
    ],
)
def test_what_is_said_of_a_trial_is_true_after_its_seconds(cast, row, states):
    assert states_over_time(cast.sakura.user, device(cast.sakura.user), row) == states


@pytest.mark.parametrize(
    ("state", "words", "asks_again"),
    [
        ("waiting", "って います", True),
        ("sent", "まって います", True),
        ("shown", "りました。この", False),
        ("silent", "が ありません", False),
        ("unsent", "れませんでした。すこし", False),
        ("failed", "きませんでした", False),
    ],
)
def test_the_page_asks_on_only_while_a_trial_is_on_its_way(
    cast, sign_in, monkeypatch, state, words, asks_again
):
    monkeypatch.setattr("apps.push.views.broadcasts.trial_state", lambda user, pk: state)
    browser = sign_in(cast.sakura.user)
    for page in (
        browser.get(PAGE, {"trial": str(uuid.uuid4())}),
        browser.get(reverse("push:trial_state", args=[uuid.uuid4()])),
    ):
        html = page.content.decode()
        assert words in html
        assert ("data-again" in html) is asks_again


def test_trials_are_few(cast):
    own_device = device(cast.sakura.user)
    for _ in range(5):
        broadcasts.send_trial(cast.sakura.user, own_device.pk)
    with pytest.raises(broadcasts.CannotSendPush):
        broadcasts.send_trial(cast.sakura.user, own_device.pk)


def test_an_answer_needs_no_sign_in_but_the_messages_own_token(client, cast, push_service):
    push_service.device_of(cast.sakura.user)
    broadcasts.send_to_users([cast.sakura.user.pk], topic="a", path="/", is_urgent=True,
                  expires_at=timezone.now() + timedelta(hours=1))  # fmt: skip
    broadcasts.deliver_due()
    (arrived,) = push_service.messages()
    proof = json.loads(arrived["text"])["notification"]["data"]["ack"]
    forged = proof[:40] + ("A" if proof[40] != "A" else "B") + proof[41:]
    for wrong in (forged, "", "x" * 64, b64(bytes(48)), "あ" * 64, proof[:-1]):
        assert client.post(ACK, wrong, content_type="text/plain").status_code == 404
    assert PushDelivery.objects.get().acked_at is None
    assert client.post(ACK, proof, content_type="text/plain").status_code == 204
    first = PushDelivery.objects.get().acked_at
    client.post(ACK, proof, content_type="text/plain")
    assert PushDelivery.objects.get().acked_at == first


# -- staff ------------------------------------------------------------------------------------------


def test_staff_see_no_endpoint(cast, sign_in):
    device(cast.sakura.user)
    page = sign_in(cast.helpdesk.user).get(reverse("admin:push_pushsubscription_changelist"))
    assert page.status_code == 200
    assert "mozilla" not in page.content.decode()


def test_the_first_screen_keeps_the_device_in_step(cast, sign_in):
    page = sign_in(cast.sakura.user).get("/").content.decode()
    assert 'id="push-subscription"' in page
    assert "data-wants" not in page
    device(cast.sakura.user)
    assert "data-wants" in sign_in(cast.sakura.user).get("/").content.decode()


def test_staff_and_people_of_two_cities_have_their_devices_wherever_they_are_asked_for(cast):
    """A device of staff is of no municipality; a guardian's is of that of the eldest guardianship."""
    nurse, guardian = cast.nurse.user, cast.midori.user
    for number, user in enumerate((nurse, guardian)):
        _, p256dh, auth = keys()
        broadcasts.subscribe(user, f"{ENDPOINT}{number}", p256dh, auth)
    with within([uuid.uuid4()]):
        for user in (nurse, guardian):
            (one,) = broadcasts.devices_of(user)
            assert broadcasts.wants_push(user)
            assert broadcasts.owners_of_devices([user.pk]) == {user.pk}
            assert [row["device"] for row in personal_data._devices(user).rows] == [one.device]
            trial = broadcasts.send_trial(user, one.pk) if user == nurse else None
            assert trial is None or broadcasts.trial_state(user, trial.pk) == "waiting"
        assert broadcasts.unsubscribe(nurse, f"{ENDPOINT}0")
        end_sessions_of_users([guardian.pk])
        assert not broadcasts.devices_of(nurse) + broadcasts.devices_of(guardian)
        assert [one.state for one in known_devices_of(guardian)] == [DeviceState.SIGNED_OUT]
