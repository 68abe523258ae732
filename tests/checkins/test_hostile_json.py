"""Every URL that accepts JSON answers 4xx to invalid bodies, also to invalid encrypted content."""

import base64
import json
import uuid

import pytest
from django.urls import reverse

from apps.checkins import hpke
from tests.checkins.tablet_client import deliver, opened, sealed

MOOD = {"mood": "1", "body": ""}

BODIES = [
    b"", b"null", b"5", b'"x"', b"[]", b"{}", b"\xff\xfe", b"[" * 50_000, b'{"items":' * 50_000,
    b'{"items": [{"key": "\\ud800", "sealed_to": "\\u0000", "body": "AA=="}]}',
    b'{"items": [{"key": 5, "sealed_to": [], "body": "AA=="}]}',
    b'{"items": [{"key": "%s", "sealed_to": {}, "body": "AA=="}]}' % str(uuid.UUID(int=4)).encode(),
    b'{"items": {"a": 1}}', b'{"items": [[]]}', b'{"items": 5}',
    b'{"endpoint": "https://a/\\u0000", "keys": {"p256dh": "\\ud800", "auth": "a"}}',
    b'{"endpoint": ' + b"[" * 900 + b"]" * 900 + b', "keys": {"p256dh": "a", "auth": "a"}}',
    b'{"endpoint": "https://a/", "keys": {"p256dh": [], "auth": {}}, "key": "\\u0000"}',
    b'{"process_id": "\\u0000"}', b'{"process_id": "\\ud83d"}',
]  # fmt: skip
ADDRESSES = ["push:subscribe", "checkins:deliver", "portal:deliver", "selfinfo:notify"]
SEALED = [
    {"ticket": ["deep"]}, {"answers": ["a"]}, {"answers": {"mood": ["1"]}}, {"elapsed": "x"},
    {"elapsed": 1e400}, {"elapsed": -1e300}, {"answers": {"words": "\ud800"}},
    {"answers": {"words": "\x00", "mood": "1"}}, {"ticket": "\x00"}, {"elapsed": {}},
]  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:40]))
def test_no_json_is_an_error_of_ours(name, body, cast, sign_in):
    client = sign_in(cast.sakura.user)
    answer = client.post(
        reverse(name), body, content_type="application/json", HTTP_AUTHORIZATION="Bearer x"
    )
    if answer.status_code == 200:  # a list of entries, each of which stands alone
        states = [entry["state"] for entry in answer.json()["items"]]
        assert set(states) <= {"refused"}
        return
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize("body", [b"[" * 50_000, b'{"a": "\\ud800"}', b'{"a": "\\u0000"}'])
def test_a_subscription_that_cannot_be_read_is_told_so(body, cast, sign_in):
    answer = sign_in(cast.sakura.user).post(
        reverse("push:subscribe"), body, content_type="application/json"
    )
    assert (answer.status_code, answer.json()) == (400, {"error": "送られた 内容が 読めません。"})


@pytest.mark.parametrize("changed", SEALED, ids=repr)
def test_what_was_sealed_badly_is_refused_and_the_next_is_kept(changed, offered, client):
    bad = sealed(opened(offered.sakura), **{"answers": MOOD, **changed})
    states = deliver(client, bad, sealed(opened(offered.sakura), MOOD))
    assert states[0] in ("refused", "kept")
    assert states[1] == "kept"


@pytest.mark.parametrize("plain", [b"[" * 4000, b'{"ticket":' * 700, b"\xff", b"[]", b"5", b"null"])
def test_what_was_sealed_as_no_message_is_refused(plain, offered, client):
    key, envelope = opened(offered.sakura)
    context = hpke.sealing_context(envelope.key_id, key)
    body = base64.b64encode(
        hpke.seal_body(base64.b64decode(envelope.point), plain, context)
    ).decode()
    item = {"key": str(key), "sealed_to": str(envelope.key_id), "body": body}
    assert deliver(client, item) == ["refused"]
    answer = client.post(
        reverse("portal:deliver"), json.dumps({"items": [item]}), content_type="application/json"
    )
    assert [each["state"] for each in answer.json()["items"]] == ["refused"]
