"""Encodes push messages: checks, payload, encryption, signature. The only file that uses
``webpush``.

The package encrypts (RFC 8291); this file adds what it lacks: a VAPID token per push service's
origin *with* its port, kept for hours (RFC 8292), a checked key pair, our own headers, checks of
hosts, keys and sizes. Only its public names are used and never its per-call arguments, which stick
to the object. The endpoint's text is sent as the browser gave it.
"""

import base64
import json
import re
import time
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from webpush import WebPush

MESSAGE_WORDS = "お知らせが 1つ あります"
TRIAL_WORDS = "ためしの 通知です"
MAX_PAYLOAD = 2700  # some bridges refuse bodies over 3,070 bytes; RFC 8291 ends at 3,993
MAX_ENDPOINT = 2000
MAX_TTL_S = 28 * 24 * 3600
MIN_TTL_S = 60  # WNS refuses 0
PADDING_STEP = 512  # payloads are padded to it: their length says nothing
VAPID_TOKEN_LIFETIME_S = 12 * 3600
VAPID_TOKEN_RENEWAL_S = 3600
# What every push service of today hands out, recognised without parsing the URL.
COMMON_ENDPOINT = re.compile(r"https://([a-z0-9.-]+)(:\d{1,5})?/[!-\[\]-~]*").fullmatch


class InvalidSubscription(ValueError):
    """A subscription that must not be sent to; the message says why."""


class PushMessage(NamedTuple):
    """One push message: its row, endpoint, keys, and where a tap leads.

    It has the attributes that ``webpush`` needs of a subscription: pydantic's own model would
    rewrite the endpoint and check again what is checked here.
    """

    id: object
    endpoint: str
    p256dh: str
    auth: str
    topic: str
    path: str
    ttl_s: int
    words: str = MESSAGE_WORDS
    ack: str = ""
    is_urgent: bool = False
    is_short: bool = False
    is_isolated: bool = False  # over its own connection: its failures may hit others

    @property
    def keys(self):
        """p256dh and auth, under the name that ``webpush`` reads."""
        return self

    def __repr__(self):
        return f"PushMessage({self.topic})"  # endpoint and secrets stay out of logs and tracebacks


class PushRequest(NamedTuple):
    """The HTTP request for one PushMessage."""

    id: object
    url: str
    headers: tuple
    body: bytes
    is_isolated: bool = False

    def __repr__(self):
        return f"Request({len(self.body)} bytes)"


# -- checks -------------------------------------------------------------------------------------


def check_endpoint(endpoint):
    """Raise InvalidSubscription unless the endpoint lies at a push service we know, over TLS on
    port 443.

    The host must be on PUSH_HOSTS; an address is never a host, so nothing inside can be reached.
    Checked when a device is bound and again before every message: the list may have changed.
    """
    usual = COMMON_ENDPOINT(endpoint)
    if usual and not usual[2] and len(endpoint) <= MAX_ENDPOINT and _is_known(usual[1]):
        return
    if len(endpoint) > MAX_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        raise InvalidSubscription("The endpoint is not a URL.")
    if _is_stand_in(endpoint):
        return
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise InvalidSubscription("The endpoint is not a URL.") from error
    if parts.scheme != "https" or port not in (None, 443) or "@" in parts.netloc:
        raise InvalidSubscription("The endpoint must be https on port 443.")
    if "\\" in endpoint or " " in endpoint or not _is_known(parts.hostname or ""):
        raise InvalidSubscription("The endpoint is not at a known push service.")


def check_keys(p256dh, auth):
    """Raise InvalidSubscription unless p256dh is an uncompressed P-256 point and auth has 16 bytes
    (RFC 8291).
    """
    point = _point(p256dh, auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise InvalidSubscription("The key is not on the curve.") from error


def endpoint_origin(endpoint):
    """Scheme, host and port of an endpoint, as RFC 6454 writes an origin (RFC 8292, section 2)."""
    usual = COMMON_ENDPOINT(endpoint)
    if usual:
        return f"https://{usual[1]}{'' if usual[2] == ':443' else usual[2] or ''}"
    parts = urlsplit(endpoint)
    netloc = parts.netloc.lower()
    default = {"https": ":443", "http": ":80"}.get(parts.scheme.lower(), "")
    return f"{parts.scheme.lower()}://{netloc.removesuffix(default) if default else netloc}"


def _point(p256dh, auth):
    """The point's 65 bytes; whether it lies on the curve is found by the encryption."""
    try:
        point, secret = _unb64(p256dh), _unb64(auth)
    except ValueError as error:
        raise InvalidSubscription("The keys are not base64url.") from error
    if len(secret) != 16 or len(point) != 65 or point[0] != 4:
        raise InvalidSubscription("The keys have the wrong size.")
    return point


def _looks_like_keys(p256dh, auth):
    """The sizes, without decoding what was decoded when the device was bound: 65 bytes (0x04…), 16."""
    return len(p256dh.rstrip("=")) == 87 and p256dh[0] == "B" and len(auth.rstrip("=")) == 22


def _is_stand_in(endpoint):
    origin = settings.PUSH_SANDBOX_ORIGIN
    return bool(origin) and endpoint.startswith(f"{origin}/")


def _is_known(host):
    return _is_one_of(host, tuple(settings.PUSH_HOSTS))


@lru_cache(maxsize=256)
def _is_one_of(host, hosts):
    return any(
        host == known or (known.startswith("*.") and host.endswith(known[1:]) and host != known[2:])
        for known in hosts
    )


# -- encoding -----------------------------------------------------------------------------------


class VapidSigner:
    """Authorization headers: one token for each origin, so that a push service validates it once."""

    def __init__(self, key, public, subject):
        if not subject.startswith(("mailto:", "https:")):
            raise ValueError("VAPID_SUBJECT must be a mailto: or https: address.")
        self._key, self._public, self._subject = key, public, subject
        self._tokens = {}

    def get_authorization_header(self, endpoint, subscriber=None, expiration=None):
        """Called by ``webpush``; nothing to do, since our header is made once for each origin."""
        return ""

    def header(self, origin):
        """``vapid t=…, k=…`` (RFC 8292, section 3) for an origin, port included."""
        header, expires = self._tokens.get(origin, ("", 0))
        now = time.time()
        if (
            not VAPID_TOKEN_RENEWAL_S < expires - now <= VAPID_TOKEN_LIFETIME_S
        ):  # too old, or the clock went back
            expires = int(now) + VAPID_TOKEN_LIFETIME_S
            claims = {"aud": origin, "exp": expires, "sub": self._subject}
            token = jwt.encode(claims, self._key, algorithm="ES256")
            header = f"vapid t={token}, k={self._public}"
            self._tokens[origin] = (header, expires)
        return header

    def forget(self, origin):
        """Drop the token of an origin that refused it; the next one is signed anew."""
        self._tokens.pop(origin, None)


class PushEncoder:
    """Encrypts and signs with one VAPID key pair. Raises ValueError if the two keys do not match."""

    def __init__(self, private_b64, public_b64, subject):
        scalar = int.from_bytes(_unb64(private_b64), "big")
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        if _point_of(key) != _unb64(public_b64):
            raise ValueError("VAPID_PUBLIC_KEY does not belong to VAPID_PRIVATE_KEY.")
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self.vapid = VapidSigner(key, public_b64.rstrip("="), subject)
        self._webpush = WebPush(private, public, subscriber="portal")
        self._webpush.vapid = self.vapid

    def encode(self, message):
        """The PushRequest for a PushMessage. Raises InvalidSubscription for bad keys, host or size."""
        check_endpoint(message.endpoint)
        headers, body = self._headers(message), self.encrypt(message)
        return PushRequest(message.id, message.endpoint, headers, body, message.is_isolated)

    def encrypt(self, message, payload=None):
        """The aes128gcm body of a PushMessage (or of ``payload``, bytes). Raises
        InvalidSubscription.
        """
        payload = build_payload(message) if payload is None else payload
        if len(payload) > MAX_PAYLOAD:
            raise InvalidSubscription("The payload is too large.")
        if not _looks_like_keys(message.p256dh, message.auth):
            raise InvalidSubscription("The keys have the wrong size.")
        try:
            return self._webpush.get(payload, message).encrypted
        except ValueError as error:
            raise InvalidSubscription("The key is not on the curve.") from error

    def _headers(self, message):
        authorization = self.vapid.header(endpoint_origin(message.endpoint))
        return _headers(authorization, message.ttl_s, message.is_urgent, message.topic)


@lru_cache(maxsize=64)
def _headers(authorization, ttl_s, is_urgent, topic):
    """The same tuple for all messages of a broadcast at one service: a handle reuses its headers."""
    return (
        f"Authorization: {authorization}",
        "Content-Encoding: aes128gcm",
        "Content-Type: application/notification+json",
        f"TTL: {min(max(ttl_s, MIN_TTL_S), MAX_TTL_S)}",
        f"Urgency: {'high' if is_urgent else 'normal'}",
        f"Topic: {topic[:32]}",
        "x-wns-cache-policy: cache",
    )


def build_payload(message):
    """Declarative Web Push JSON (W3C Push API): the same text for everybody, where a tap leads.

    Padded to a multiple of 512 bytes; the short form leaves out all that can be left out.
    """
    head, tail = _frame(
        message.words, message.topic, message.path, message.is_short, settings.PORTAL_URL
    )
    if message.is_short:
        return head
    bare = head + message.ack.encode() + tail
    return (
        bare[:-2] + b"." * (-len(bare) % PADDING_STEP) + bare[-2:]
    )  # inside the last pair of quotes


@lru_cache(maxsize=64)
def _frame(words, topic, path, is_short, portal):
    """The payload that all messages of a broadcast share: the JSON before and after the device's
    token.
    """
    notification = {
        "title": words,
        "lang": "ja",
        "dir": "ltr",
        "navigate": f"{portal}{path}",
        "tag": topic,
    }
    message = {"web_push": 8030, "notification": notification}
    if is_short:
        return _json(message), b""
    notification |= {"app_badge": "1", "data": {"ack": "\0"}}
    return tuple(_json({**message, "_": ""}).split(b"\\u0000"))


def vapid_key_id(public_b64):
    """Sixteen characters that name the VAPID key a subscription belongs to."""
    return public_b64.rstrip("=")[-16:]


def _json(message):
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def _point_of(key):
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


def _unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
