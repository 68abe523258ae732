"""Encoding of push messages: correct to the byte, and never for an unknown host."""

import json
import os
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import http_ece
import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings

from apps.push import transport, webpush
from apps.push.services import chunks
from apps.sandbox.push_service import check_vapid, decrypt
from tests.push.browser_keys import b64, keys

NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
ENDPOINT = "https://updates.push.services.mozilla.com/Wpush/%7Ev2/a/../b?Q=%c3"

RFC_BODY = (  # RFC 8291, section 5
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def encoder():
    return webpush.PushEncoder(
        django_settings.VAPID_PRIVATE_KEY, django_settings.VAPID_PUBLIC_KEY, "mailto:a@example.org"
    )


def push_message(private_and_public=None, **more):
    _, p256dh, auth = private_and_public or keys()
    values = {"id": 1, "endpoint": ENDPOINT, "p256dh": p256dh, "auth": auth, "topic": "t" * 40,
              "path": "/x/", "ttl_s": 0, **more}  # fmt: skip
    return webpush.PushMessage(**values)


def header(request, name):
    """The text of one header of a PushRequest."""
    return next(line.partition(": ")[2] for line in request.headers if line.startswith(name + ":"))


@pytest.mark.parametrize("size", [0, 1, 309, 1313, 2700])
def test_another_implementation_decrypts_it(size):
    device, payload = keys(), os.urandom(size)
    body = encoder().encrypt(push_message(device), payload)
    plain = http_ece.decrypt(body, private_key=device[0], auth_secret=webpush._unb64(device[2]))
    assert plain == payload


def test_the_package_encrypts_the_rfc_8291_example_to_the_byte(monkeypatch):
    # RFC 8291, section 5 and appendix A: with its salt and its sender's key the body is its body.
    salt = webpush._unb64("DGv6ra1nlYgDCS1FRnbzlw")
    scalar = webpush._unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    sender = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
    one = encoder()
    monkeypatch.setattr("os.urandom", lambda n: salt)
    monkeypatch.setattr("webpush.ec.generate_private_key", lambda *_: sender)
    device = push_message(
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
    )
    body = one.encrypt(device, b"When I grow up, I want to be a watermelon")
    assert b64(body) == RFC_BODY


def test_the_stand_in_decrypts_the_rfc_8291_example():
    # RFC 8291, section 5: the stand-in decrypts the standard's own example.
    body = webpush._unb64(RFC_BODY)
    scalar = webpush._unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    auth = webpush._unb64("BTBZMqHH6r4Tts7J_aSIgg")
    assert decrypt(body, scalar, auth) == b"When I grow up, I want to be a watermelon"


@pytest.mark.parametrize("origin", ["https://a.example", "https://b.example:8443"])
def test_the_vapid_token_names_the_origin_with_its_port_and_lasts_half_a_day(settings, origin):
    settings.PUSH_SANDBOX_ORIGIN = origin
    token = header(encoder().encode(push_message(endpoint=f"{origin}/x")), "Authorization")
    claims = check_vapid(token, origin)
    assert claims["sub"] == "mailto:a@example.org"
    assert 3600 < claims["exp"] - time.time() <= 12 * 3600
    with pytest.raises(jwt.InvalidAudienceError):
        check_vapid(token, "https://b.example")


@pytest.mark.parametrize(
    ("endpoint", "origin"),
    [("https://a.example/x", "https://a.example"), ("https://A.Example:443/x", "https://a.example"),
     ("https://a.example:8443/x", "https://a.example:8443"), ("http://127.0.0.1:80/", "http://127.0.0.1")],
)  # fmt: skip
def test_an_origin_keeps_every_port_but_the_usual_one(endpoint, origin):
    assert webpush.endpoint_origin(endpoint) == origin


def test_one_token_serves_an_origin_until_it_grows_old():
    one = encoder()
    with time_machine.travel(NOW) as clock:
        first = header(one.encode(push_message()), "Authorization")
        clock.shift(timedelta(hours=10))
        assert header(one.encode(push_message()), "Authorization") == first
        clock.shift(timedelta(hours=1, minutes=1))
        assert header(one.encode(push_message()), "Authorization") != first


def test_a_clock_that_jumps_back_does_not_keep_a_token_of_the_future():
    one = encoder()
    with time_machine.travel(NOW) as clock:
        ahead = header(one.encode(push_message()), "Authorization")
        clock.move_to(NOW - timedelta(days=2))
        assert header(one.encode(push_message()), "Authorization") != ahead


def test_a_refused_token_is_signed_anew():
    one = encoder()
    first = header(one.encode(push_message()), "Authorization")
    one.vapid.forget("https://updates.push.services.mozilla.com")
    assert header(one.encode(push_message()), "Authorization") != first


def test_headers_are_what_push_services_want():
    request = encoder().encode(push_message(ttl_s=0))
    assert header(request, "TTL") == "60"  # WNS refuses 0
    assert header(request, "Topic") == "t" * 32
    assert header(request, "Urgency") == "normal"
    assert header(request, "Content-Encoding") == "aes128gcm"
    assert header(encoder().encode(push_message(is_urgent=True)), "Urgency") == "high"
    assert header(encoder().encode(push_message(ttl_s=10**9)), "TTL") == str(28 * 86400)


def test_the_endpoint_is_sent_as_the_browser_gave_it():
    assert encoder().encode(push_message()).url == ENDPOINT


def test_the_payload_is_small_and_its_length_says_nothing():
    long, short = (
        webpush.build_payload(push_message(path="/" + "x" * n, ack="a" * 64)) for n in (5, 90)
    )
    assert len(long) == len(short) == 512
    assert json.loads(long)["web_push"] == 8030
    assert len(webpush.build_payload(push_message(is_short=True))) < 250


def test_nothing_written_to_a_log_tells_an_endpoint_or_a_secret():
    device = keys()
    one = push_message(device)
    text = repr(
        [
            one,
            encoder().encode(one),
            chunks.DueDelivery(1, one.endpoint, one.p256dh, one.auth, 0, None, 0),
        ]
    )
    assert not any(secret in text for secret in (ENDPOINT, device[1], device[2], "vapid"))


def test_what_is_too_large_is_refused():
    with pytest.raises(webpush.InvalidSubscription):
        encoder().encrypt(push_message(), bytes(2701))


def test_two_keys_that_are_no_pair_and_a_contact_that_is_none_are_refused_at_the_start():
    private, public = django_settings.VAPID_PRIVATE_KEY, django_settings.VAPID_PUBLIC_KEY
    with pytest.raises(ValueError, match="does not belong"):
        webpush.PushEncoder(private, keys()[1], "mailto:a@example.org")
    with pytest.raises(ValueError, match="mailto"):
        webpush.PushEncoder(private, public, "a@example.org")


def test_threads_and_messages_do_not_mix_their_lifetimes():
    one = encoder()
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(
            lambda n: header(one.encode(push_message(ttl_s=100 + n)), "TTL"), range(200)
        )
    assert list(found) == [str(100 + n) for n in range(200)]


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://169.254.169.254/x",
        "https://[::1]/x", "https://2130706433/x", "https://localhost/x", "https://10.0.0.1/x",
        "https://evil.example/fcm.googleapis.com", "https://fcm.googleapis.com.evil.example/x",
        "https://user:pw@fcm.googleapis.com/x", "https://push.apple.com/x", "ftp://fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x", "javascript:alert(1)", "", "https://", "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com:99999/x",
        "https://fcm.googleapis.com\\@10.0.0.1/x", "https://fcm.googleapis.com/\nx", "https://fcm.googleapis.com/ｘ",
        "https://fcm.googleapis.com./x", "https://fcm.googleapis.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_nothing_is_sent_anywhere_else(endpoint):
    with pytest.raises(webpush.InvalidSubscription):
        webpush.check_endpoint(endpoint)
    with pytest.raises(webpush.InvalidSubscription):
        encoder().encode(push_message(endpoint=endpoint))  # and again when it is sent


@pytest.mark.parametrize(
    "endpoint",
    ["https://fcm.googleapis.com/fcm/send/x", "https://web.push.apple.com/x",
     "https://updates.push.services.mozilla.com/wpush/v2/x", "https://par02p.notify.windows.com/w/?t=x"],
)  # fmt: skip
def test_the_known_services_are_known(endpoint):
    assert webpush.check_endpoint(endpoint) is None


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("AAAA", b64(bytes(16))), (b64(b"\x02" + bytes(32)), b64(bytes(16))), (b64(b"\x04" + bytes(64)), b64(bytes(16))),
     ("!!", "!!"), ("", "")],
)  # fmt: skip
def test_keys_no_browser_would_make_are_refused(p256dh, auth):
    with pytest.raises(webpush.InvalidSubscription):
        webpush.check_keys(p256dh, auth)


def test_a_short_secret_is_refused():
    _, p256dh, _ = keys()
    with pytest.raises(webpush.InvalidSubscription):
        webpush.check_keys(p256dh, b64(bytes(15)))


@pytest.mark.parametrize(
    ("address", "is_public"),
    [("8.8.8.8", True), ("2001:4860:4860::8888", True), ("127.0.0.1", False), ("10.1.2.3", False),
     ("169.254.169.254", False), ("::1", False), ("::ffff:10.0.0.1", False), ("fe80::1", False),
     ("fd00::1", False), ("0.1.2.3", False), ("100.64.0.1", False), ("224.0.0.1", False), ("x", False)],
)  # fmt: skip
def test_only_public_addresses_are_connected_to(address, is_public):
    assert transport.is_public(address) is is_public


def test_a_known_name_that_leads_inside_is_not_followed(settings):
    settings.PUSH_HOSTS = ["localhost"]
    with socket.socket() as inside:
        inside.bind(("127.0.0.1", 443)) if os.geteuid() == 0 else inside.bind(("127.0.0.1", 0))
        inside.listen()
        inside.setblocking(False)
        request = encoder().encode(push_message(endpoint="https://localhost/x"))
        (answer,) = filter(None, transport.Transport().send(iter([request])))
        with pytest.raises(BlockingIOError):
            inside.accept()
    assert answer.status is None


def test_the_proxy_of_the_environment_is_not_asked(push_service, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    request = encoder().encode(push_message(endpoint=f"{push_service.origin}/push/none"))
    (answer,) = filter(None, transport.Transport().send(iter([request])))
    assert answer.status == 410
