"""A stand-in push service over real HTTP: checks the VAPID token, decrypts and stores messages.

RFC 8030 (delivery), RFC 8188 and 8291 (encryption), RFC 8292 (VAPID). It makes the keys that a
browser would make and shows what arrived.
"""

import asyncio
import base64
import html
import json
import secrets
import sqlite3
import time

import jwt
from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

SCHEMA = """
CREATE TABLE IF NOT EXISTS subscription (id TEXT PRIMARY KEY, scalar TEXT, auth TEXT, script TEXT);
CREATE TABLE IF NOT EXISTS message (
  n INTEGER PRIMARY KEY, subscription TEXT, at REAL, topic TEXT, ttl INTEGER, text TEXT);
"""
STORE, ORIGIN = web.AppKey("store", sqlite3.Connection), web.AppKey("origin", str)
SEEN = web.AppKey(
    "seen", dict
)  # {"sizes": bytes of every body, "inside": visits to what is inside}


class Undecryptable(ValueError):
    """The body does not open with this subscription's keys."""


routes = web.RouteTableDef()


def make_app(origin, file=":memory:"):
    """The aiohttp application. ``origin`` is how it is reached; ``file`` a sqlite path."""
    app = web.Application(client_max_size=8192)
    app[STORE] = sqlite3.connect(file, isolation_level=None)
    app[STORE].executescript(SCHEMA)
    app[ORIGIN] = origin
    app[SEEN] = {"sizes": [], "inside": 0}
    app.add_routes(routes)
    return app


@routes.post("/subscriptions")
async def _subscribe(request):
    """A new subscription, as PushManager.subscribe() would give one."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, auth = secrets.token_urlsafe(18), secrets.token_bytes(16)
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    request.app[STORE].execute(
        "INSERT INTO subscription VALUES (?, ?, ?, '')", (name, _b64(scalar), _b64(auth))
    )
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    endpoint = f"{request.app[ORIGIN]}/push/{name}"
    return web.json_response(
        {"endpoint": endpoint, "keys": {"p256dh": _b64(point), "auth": _b64(auth)}}, status=201
    )


@routes.put("/subscriptions/{id}/script")
async def _script(request):
    """Set how a subscription answers: {"status": 429, "headers": {"Retry-After": "7"}}.

    ``body`` goes with it; {"hang_s": 5} answers late, {"reset": true} not at all; {} as it should.
    """
    request.app[STORE].execute(
        "UPDATE subscription SET script = ? WHERE id = ?",
        (await request.text(), request.match_info["id"]),
    )
    return web.Response(status=204)


@routes.post("/push/{id}")
async def _push(request):
    """Accept one message: 201, or the status that names what is wrong with it."""
    row = (
        request.app[STORE]
        .execute(
            "SELECT scalar, auth, script FROM subscription WHERE id = ?",
            (request.match_info["id"],),
        )
        .fetchone()
    )
    body = await request.read()
    request.app[SEEN]["sizes"].append(len(body))
    if row is None:
        return web.json_response({"error": "gone"}, status=410)
    fault = json.loads(row[2] or "{}")
    if fault.get("reset"):
        request.transport.abort()
    await asyncio.sleep(fault.get("hang_s", 0))
    if "status" in fault:
        return web.Response(
            status=fault["status"], headers=fault.get("headers"), text=fault.get("body", "")
        )
    problem = _header_problem(request)
    if problem:
        return web.json_response({"error": problem[1]}, status=problem[0])
    try:
        text = decrypt(body, _unb64(row[0]), _unb64(row[1])).decode()
    except (Undecryptable, UnicodeDecodeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    _remember(request, text)
    return web.Response(status=201, headers={"Location": f"{request.app[ORIGIN]}/message"})


def _header_problem(request):
    """(status, words) of what is wrong with the headers, or None."""
    if request.headers.get("Content-Encoding") != "aes128gcm":
        return 415, "Content-Encoding must be aes128gcm"
    if not request.headers.get("TTL", "").isdigit():
        return 400, "TTL is missing"
    try:
        check_vapid(request.headers.get("Authorization", ""), request.app[ORIGIN])
    except (jwt.PyJWTError, ValueError) as error:
        return 403, f"VAPID: {error}"
    return None


def check_vapid(header, origin):
    """The claims of a good VAPID header for this origin; raises ValueError or PyJWTError."""
    scheme, _, rest = header.partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
    if scheme.lower() != "vapid" or set(parts) != {"t", "k"}:
        raise ValueError("no vapid header")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _unb64(parts["k"]))
    claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=origin)
    if claims["exp"] > time.time() + 24 * 3600:
        raise ValueError("exp lies more than a day ahead")
    if not str(claims.get("sub", "")).startswith(("mailto:", "https:")):
        raise ValueError("sub is no contact")
    return claims


def decrypt(body, scalar, auth):
    """The plain bytes of an aes128gcm body of one record (RFC 8188, 8291). Raises Undecryptable."""
    if len(body) < 21 + 65 + 17:
        raise Undecryptable("too short")
    salt, keyid = body[:16], body[21 : 21 + body[20]]
    try:
        sender = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), keyid)
        own = ec.derive_private_key(int.from_bytes(scalar, "big"), ec.SECP256R1())
        point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        shared = own.exchange(ec.ECDH(), sender)
        ikm = HKDF(SHA256(), 32, auth, b"WebPush: info\x00" + point + keyid).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(ikm)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(ikm)
        padded = AESGCM(key).decrypt(nonce, body[21 + len(keyid) :], None)
    except (InvalidTag, ValueError) as error:
        raise Undecryptable("does not open") from error
    plain, mark, _ = padded.rstrip(b"\x00").rpartition(b"\x02")
    if not mark:
        raise Undecryptable("no padding mark")
    return plain


def _remember(request, text):
    request.app[STORE].execute(
        "INSERT INTO message (subscription, at, topic, ttl, text) VALUES (?, ?, ?, ?, ?)",
        (request.match_info["id"], time.time(), request.headers.get("Topic", ""),
         int(request.headers["TTL"]), text),
    )  # fmt: skip


def _all(request):
    rows = request.app[STORE].execute("SELECT at, topic, ttl, text FROM message ORDER BY n DESC")
    return [dict(zip(("at", "topic", "ttl", "text"), row, strict=True)) for row in rows]


@routes.get("/log")
async def _log(request):
    return web.json_response(request.app[SEEN])


@routes.route("*", "/inside")
async def _inside(request):
    """The target of a redirect, to see whether one is followed."""
    request.app[SEEN]["inside"] += 1
    return web.Response(text="inside")


@routes.get("/messages")
async def _messages(request):
    return web.json_response(_all(request))


@routes.get("/")
async def _page(request):
    """The page of received messages."""
    lines = "".join(
        f"<li>{time.strftime('%H:%M:%S', time.localtime(m['at']))} {html.escape(m['text'])}</li>"
        for m in _all(request)
    )
    return web.Response(
        text=f'<!doctype html><html lang="ja"><meta charset="utf-8"><title>代役の配信サービス</title>'
        f"<h1>届いた通知(代役の配信サービス・体験用)</h1><ul>{lines or '<li>まだありません</li>'}</ul>",
        content_type="text/html",
    )


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
