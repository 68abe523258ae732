"""Deliveries that cannot be read are refused alone."""

import base64
import json
import uuid

import pytest

from apps.checkins import hpke
from apps.checkins.models import CheckIn
from apps.checkins.services import late_deliveries
from tests.checkins.delivery_helpers import MOOD
from tests.checkins.tablet_client import DELIVER, deliver, opened, sealed


def test_only_posts_deliver(client, db):
    assert client.get(DELIVER).status_code == 405


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"items": 3}', '{"items": {"a": 1}}', "\x00"])
def test_what_is_no_delivery_is_refused_as_a_whole(client, db, body):
    assert client.post(DELIVER, body, content_type="application/json").status_code == 400


@pytest.mark.parametrize(
    "bad",
    [
        3, None, [], {}, {"key": "nope"}, {"key": 1, "sealed_to": 2, "body": 3},
        {"key": ["x"], "sealed_to": {}, "body": ""}, {"key": "x" * 500, "sealed_to": "", "body": "é"},
    ],
)  # fmt: skip
def test_a_malformed_entry_is_refused_alone_and_the_others_are_kept(offered, client, bad):
    good = sealed(opened(offered.sakura), MOOD)
    answer = client.post(DELIVER, {"items": [bad, good]}, content_type="application/json")
    assert [each["state"] for each in answer.json()["items"]] == ["refused", "kept"]
    assert answer.json()["items"][0]["sha256"] == ""
    assert CheckIn.objects.count() == 1


def test_an_entry_that_breaks_the_reader_waits_alone(offered, client, monkeypatch):
    bad, good = (sealed(opened(offered.sakura), MOOD) for _ in range(2))
    opened_by = late_deliveries._opened

    def breaks(item, *rest):
        if str(item.client_key) == bad["key"]:
            raise RuntimeError("nobody thought of this")
        return opened_by(item, *rest)

    monkeypatch.setattr(late_deliveries, "_opened", breaks)
    assert deliver(client, bad, good) == ["later", "kept"]


DEEP = "[" * 3900 + "]" * 3900


@pytest.mark.parametrize(
    "plain",
    [DEEP, "[" * 900 + "]" * 900, '{"ticket": "\\ud800"}', f'{{"ticket": {DEEP}}}', "\xff", "7"],
)
def test_whatever_is_sealed_is_an_answer_or_refused_alone(offered, client, plain):
    key, envelope = opened(offered.sakura)
    context = hpke.sealing_context(envelope.key_id, key)
    body = hpke.seal_body(base64.b64decode(envelope.point), plain.encode("latin-1"), context)
    bad = {
        "key": str(key),
        "sealed_to": str(envelope.key_id),
        "body": base64.b64encode(body).decode(),
    }
    good = sealed(opened(offered.sakura), MOOD)
    answer = client.post(DELIVER, {"items": [bad, good]}, content_type="application/json")
    assert [each["state"] for each in answer.json()["items"]] == ["refused", "kept"]


@pytest.mark.parametrize("value", [json.loads("[" * 25 + "]" * 25), {"a": "b"}, "\x00", True])
def test_an_answer_of_another_kind_is_refused_alone(offered, client, value):
    bad = sealed(opened(offered.sakura), {"mood": value})
    assert deliver(client, bad, sealed(opened(offered.sakura), MOOD)) == ["refused", "kept"]


def test_more_than_fifty_are_no_delivery_and_a_huge_one_is_refused_alone(offered, client):
    item = sealed(opened(offered.sakura), MOOD)
    answer = client.post(DELIVER, {"items": [item] * 51}, content_type="application/json")
    assert answer.status_code == 400
    huge = {**item, "body": base64.b64encode(b"x" * 9000).decode()}
    answer = client.post(DELIVER, {"items": [huge]}, content_type="application/json")
    assert [each["state"] for each in answer.json()["items"]] == ["refused"]
    assert not CheckIn.objects.exists()


def test_what_was_changed_on_the_way_is_refused(offered, client):
    form = opened(offered.sakura)
    good = sealed(form, MOOD)
    raw = bytearray(base64.b64decode(good["body"]))
    raw[-1] ^= 1
    other = opened(offered.sakura)
    tried = [
        {**good, "body": base64.b64encode(raw).decode()},
        {**good, "body": base64.b64encode(raw[:70]).decode()},
        {**good, "body": ""},
        {**good, "key": str(other[0])},  # another form's
        {**good, "sealed_to": str(uuid.uuid4())},  # a key that is none
        sealed(form, MOOD, ticket="a:b:c"),
        sealed(form, MOOD, ticket=other[1].ticket),
        sealed(form, MOOD, ticket=None),
        sealed(form, MOOD, elapsed="long"),
        sealed(form, {"mood": "9"}),
        sealed(form, {"weight": "1"}),
        sealed(form, ["mood"]),
        sealed(form, None),
    ]
    assert deliver(client, *tried) == ["refused"] * len(tried)
    assert not CheckIn.objects.exists()
