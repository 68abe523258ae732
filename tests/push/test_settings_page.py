"""The bell's own page: on and off, one's own devices only."""

import json

from django.urls import reverse

from apps.push import services
from apps.push.models import PushSubscription
from tests.push.helpers import device, keys

PAGE, ON, OFF = (reverse(f"push:{name}") for name in ("settings", "subscribe", "unsubscribe"))


def wish(endpoint="https://fcm.googleapis.com/fcm/send/abc"):
    _, p256dh, auth = keys()
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}})


def test_a_device_is_bound_and_listed(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    answer = browser.post(ON, wish(), content_type="application/json")
    assert answer.status_code == 201
    assert "やめる" in browser.get(PAGE).content.decode()


def test_a_strange_endpoint_is_refused_with_a_sentence(cast, sign_in):
    answer = sign_in(cast.sakura.user).post(
        ON, wish("https://evil.example/x"), content_type="application/json"
    )
    assert answer.status_code == 422
    assert "登録できません" in answer.json()["error"]
    assert PushSubscription.objects.count() == 0


def test_nonsense_is_refused(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    for body in ("", "[]", "{}", '{"endpoint": 1, "keys": []}', "\x00"):
        assert browser.post(ON, body, content_type="application/json").status_code == 422


def test_nobody_switches_off_somebody_elses_device(cast, sign_in):
    mine = device(cast.sakura.user)
    sign_in(cast.ren.user).post(OFF, {"device": str(mine.pk)})
    assert services.devices_of(cast.sakura.user).count() == 1
    sign_in(cast.sakura.user).post(OFF, {"device": str(mine.pk)})
    assert services.devices_of(cast.sakura.user).count() == 0


def test_a_device_that_is_no_id_changes_nothing(cast, sign_in):
    assert sign_in(cast.sakura.user).post(OFF, {"device": "x"}).status_code == 302


def test_anonymous_people_are_sent_away(client, db):
    assert client.get(PAGE).status_code == 302
    assert client.post(ON, wish(), content_type="application/json").status_code == 302


def test_only_post_changes_anything(cast, sign_in):
    browser = sign_in(cast.sakura.user)
    assert browser.get(ON).status_code == 405
    assert browser.get(OFF).status_code == 405


def test_staff_see_no_endpoint(cast, sign_in):
    device(cast.sakura.user)
    page = sign_in(cast.helpdesk.user).get(reverse("admin:push_pushsubscription_changelist"))
    assert page.status_code == 200
    assert "mozilla" not in page.content.decode()
