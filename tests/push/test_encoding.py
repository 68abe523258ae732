"""What leaves the portal: right to the byte, and never to a place we do not know."""

import base64
import time

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings as django_settings
from hypothesis import given
from hypothesis import strategies as st

from apps.push import services, webpush
from apps.push.answers import MAX_WAIT_S, Meaning, verdict
from apps.sandbox.push_service import check_vapid, decrypt
from tests.push.helpers import b64, keys

ENDPOINT = "https://push.example.org:8443/Wpush/%7Ev2/abc"


def encoder():
    return webpush.Encoder(
        django_settings.VAPID_PRIVATE_KEY, django_settings.VAPID_PUBLIC_KEY, "mailto:a@example.org"
    )


def bell(private_and_public=None, **more):
    _, p256dh, auth = private_and_public or keys()
    values = {"id": 1, "endpoint": ENDPOINT, "p256dh": p256dh, "auth": auth, "topic": "t" * 40,
              "path": "/x/", "ttl_s": 0, **more}  # fmt: skip
    return webpush.Bell(**values)


def test_another_implementation_decrypts_it():
    device = keys()
    body, _ = encoder().encode(bell(device))
    plain = http_ece.decrypt(body, private_key=device[0], auth_secret=webpush._unb64(device[2]))
    assert plain == webpush.payload_of(bell(device))


def test_the_stand_in_decrypts_the_rfc_8291_example():
    # RFC 8291, section 5: the stand-in is as right as the standard's own example.
    body = webpush._unb64(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    scalar = webpush._unb64("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    auth = webpush._unb64("BTBZMqHH6r4Tts7J_aSIgg")
    assert decrypt(body, scalar, auth) == b"When I grow up, I want to be a watermelon"


def test_the_vapid_token_names_the_origin_with_its_port_and_lasts_half_a_day():
    _, headers = encoder().encode(bell())
    claims = check_vapid(headers["Authorization"], "https://push.example.org:8443")
    assert claims["sub"] == "mailto:a@example.org"
    assert claims["exp"] <= time.time() + 24 * 3600
    with pytest.raises(jwt.InvalidAudienceError):
        check_vapid(headers["Authorization"], "https://push.example.org")


def test_one_token_serves_an_origin():
    one = encoder()
    first, second = (one.encode(bell())[1]["Authorization"] for _ in range(2))
    assert first == second


def test_headers_are_what_push_services_want():
    _, headers = encoder().encode(bell(ttl_s=0))
    assert int(headers["TTL"]) > 0  # WNS refuses 0
    assert len(headers["Topic"]) == 32
    assert headers["Urgency"] == "normal"
    assert headers["Content-Encoding"] == "aes128gcm"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://169.254.169.254/x",
        "https://[::1]/x", "https://2130706433/x", "https://localhost/x", "https://10.0.0.1/x",
        "https://evil.example/fcm.googleapis.com", "https://fcm.googleapis.com.evil.example/x",
        "https://user:pw@fcm.googleapis.com/x", "https://push.apple.com/x", "ftp://fcm.googleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x", "javascript:alert(1)", "", "https://", "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com:99999/x",
    ],
)  # fmt: skip
def test_nothing_is_sent_anywhere_else(endpoint):
    with pytest.raises(webpush.Refused):
        webpush.check_endpoint(endpoint)


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
    with pytest.raises(webpush.Refused):
        webpush.check_keys(p256dh, auth)


def test_a_short_secret_is_refused():
    _, p256dh, _ = keys()
    with pytest.raises(webpush.Refused):
        webpush.check_keys(p256dh, b64(bytes(15)))


def test_a_name_that_leads_inside_is_not_followed():
    import asyncio  # noqa: PLC0415

    async def look():
        return await webpush.PublicResolver().resolve("localhost", 443)

    with pytest.raises(OSError, match="no public address"):
        asyncio.run(look())


@given(st.one_of(st.none(), st.integers(100, 599)), st.integers(1, 20), st.text(max_size=40))
def test_every_answer_has_a_meaning_and_a_bounded_wait(status, attempts, retry_after):
    found = verdict(status, attempts=attempts, retry_after=retry_after)
    assert 0 <= found.wait_s <= MAX_WAIT_S
    if found.meaning is Meaning.GONE:
        assert status in (404, 410)


def test_an_endpoint_changes_hands_with_its_tablet(cast):
    _, p256dh, auth = keys()
    endpoint = "https://fcm.googleapis.com/fcm/send/shared"
    services.subscribe(cast.sakura.user, endpoint, p256dh, auth)
    services.subscribe(cast.ren.user, endpoint, p256dh, auth)
    assert not services.devices_of(cast.sakura.user)
    assert services.devices_of(cast.ren.user).count() == 1


def test_the_key_pair_of_the_settings_is_a_pair():
    private = ec.derive_private_key(
        int.from_bytes(webpush._unb64(django_settings.VAPID_PRIVATE_KEY), "big"), ec.SECP256R1()
    )
    assert base64.urlsafe_b64decode(django_settings.VAPID_PUBLIC_KEY + "=")[0] == 4
    assert private.key_size == 256
