"""The only file that speaks to push services: encode, sign, send.

The package ``webpush`` encrypts (RFC 8291); around it stand what it lacks: a VAPID token a
push service's origin *with* its port, kept for hours (RFC 8292), our own headers, guards for
hosts, keys and sizes, and a sender without redirects.
"""

import asyncio
import base64
import ipaddress
import json
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import jwt
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from webpush import WebPush, WebPushSubscription
from webpush.types import WebPushKeys

WORDS = "お知らせが 1つ あります"
MAX_PAYLOAD = 2700  # some bridges refuse bodies over 3,070 bytes
TOKEN_LASTS_S = 12 * 3600
TOKEN_RENEWED_S = 3600
CONCURRENT = 100
LIMITS = aiohttp.ClientTimeout(total=15, connect=5)


class Refused(ValueError):
    """A subscription that must not be spoken to; the message says why."""


@dataclass(frozen=True)
class Bell:
    """One bell to ring: for which row, where, with which keys, leading where."""

    id: object
    endpoint: str
    p256dh: str
    auth: str
    topic: str
    path: str
    ttl_s: int


@dataclass(frozen=True)
class Answer:
    """What came back: status None where nothing did."""

    id: object
    status: int | None
    retry_after: str | None = None


# -- guards -------------------------------------------------------------------------------------


def check_endpoint(endpoint):
    """Raise Refused unless the endpoint lies at a push service we know, over TLS on port 443.

    The host must be on PUSH_HOSTS; an address is never a host, so nothing inside can be reached.
    """
    if _is_stand_in(endpoint):
        return
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise Refused("The endpoint is not a URL.") from error
    if parts.scheme != "https" or port not in (None, 443) or parts.username or parts.password:
        raise Refused("The endpoint must be https on port 443.")
    if not parts.hostname or not _is_known(parts.hostname):
        raise Refused("The endpoint is not at a known push service.")


def check_keys(p256dh, auth):
    """Raise Refused unless p256dh is an uncompressed P-256 point and auth has 16 bytes (RFC 8291)."""
    try:
        point, secret = _unb64(p256dh), _unb64(auth)
    except ValueError as error:
        raise Refused("The keys are not base64url.") from error
    if len(secret) != 16 or len(point) != 65 or point[0] != 4:
        raise Refused("The keys have the wrong size.")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise Refused("The key is not on the curve.") from error


def _is_stand_in(endpoint):
    origin = settings.PUSH_SANDBOX_ORIGIN
    return bool(origin) and endpoint.startswith(f"{origin}/")


def _is_known(host):
    return any(
        host == known or (known.startswith("*.") and host.endswith(known[1:]) and host != known[2:])
        for known in settings.PUSH_HOSTS
    )


# -- encoding -----------------------------------------------------------------------------------


class CachingVapid:
    """Authorization headers a push service may keep validating once: one token an origin."""

    def __init__(self, private_key, public_key, subject):
        self._key, self._public, self._subject = private_key, public_key, subject
        self._tokens = {}

    def get_authorization_header(self, endpoint, subscriber=None, expiration=None):
        """``vapid t=…, k=…`` (RFC 8292, section 3) for this endpoint's origin, port included."""
        parts = urlsplit(str(endpoint))
        origin = f"{parts.scheme}://{parts.netloc.lower()}"
        token, expires = self._tokens.get(origin, ("", 0))
        now = time.time()
        if expires - now < TOKEN_RENEWED_S:
            expires = int(now) + TOKEN_LASTS_S
            claims = {"aud": origin, "exp": expires, "sub": self._subject}
            token = jwt.encode(claims, self._key, algorithm="ES256")
            self._tokens[origin] = (token, expires)
        return f"vapid t={token}, k={self._public}"


class Encoder:
    """Encrypts and signs with one VAPID pair."""

    def __init__(self, private_b64, public_b64, subject):
        scalar = int.from_bytes(_unb64(private_b64), "big")
        key = ec.derive_private_key(scalar, ec.SECP256R1())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        self._webpush = WebPush(private, public, subscriber="portal")
        self._webpush.vapid = CachingVapid(key, public_b64, subject)

    def encode(self, bell):
        """(body, headers) for a Bell. Raises Refused where its keys or size do not do."""
        check_keys(bell.p256dh, bell.auth)
        payload = payload_of(bell)
        if len(payload) > MAX_PAYLOAD:
            raise Refused("The payload is too large.")
        keys = WebPushKeys(p256dh=bell.p256dh, auth=bell.auth)
        message = self._webpush.get(payload, WebPushSubscription(endpoint=bell.endpoint, keys=keys))
        headers = {
            "Authorization": self._webpush.vapid.get_authorization_header(bell.endpoint),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(bell.ttl_s, 60)),
            "Urgency": "normal",
            "Topic": bell.topic[:32],
        }
        return message.encrypted, headers


def payload_of(bell):
    """Declarative Web Push JSON: the same words for everything, and where a tap leads."""
    notification = {
        "title": WORDS,
        "lang": "ja",
        "dir": "ltr",
        "navigate": f"{settings.PORTAL_URL}{bell.path}",
        "tag": bell.topic,
    }
    return json.dumps({"web_push": 8030, "notification": notification}, ensure_ascii=False).encode()


def vapid_key_id(public_b64):
    """Sixteen characters that name the VAPID key a subscription belongs to."""
    return public_b64[-16:]


# -- sending ------------------------------------------------------------------------------------


def send(bells):
    """Ring many bells at once; one Answer each, in any order."""
    encoder = Encoder(settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY, settings.VAPID_SUBJECT)
    return asyncio.run(_send_all(list(bells), encoder))


async def _send_all(bells, encoder):
    gate = asyncio.Semaphore(CONCURRENT)
    outside = aiohttp.TCPConnector(limit=CONCURRENT, resolver=PublicResolver())
    inside = aiohttp.TCPConnector(limit=CONCURRENT)
    async with (
        aiohttp.ClientSession(connector=outside, timeout=LIMITS) as world,
        aiohttp.ClientSession(connector=inside, timeout=LIMITS) as stand_in,
    ):
        sessions = (stand_in if _is_stand_in(bell.endpoint) else world for bell in bells)
        work = (
            _send(bell, encoder, session, gate)
            for bell, session in zip(bells, sessions, strict=True)
        )
        return await asyncio.gather(*work)


async def _send(bell, encoder, session, gate):
    try:
        check_endpoint(bell.endpoint)
        body, headers = encoder.encode(bell)
    except Refused:
        return Answer(bell.id, 400)
    async with gate:
        try:
            async with session.post(
                bell.endpoint, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return Answer(bell.id, answer.status, answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Answer(bell.id, None)


class PublicResolver(ThreadedResolver):
    """Resolves names to public addresses only, at connect time: a name may be turned inward later."""

    async def resolve(self, host, port=0, family=socket.AF_UNSPEC):
        found = await super().resolve(host, port, family)
        public = [entry for entry in found if ipaddress.ip_address(entry["host"]).is_global]
        if not public:
            raise OSError("The push service's name leads to no public address.")
        return public


def _unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
