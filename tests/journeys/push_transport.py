"""A push service for a real Chromium, on loopback: what a browser asks of one, and what we send to it.

Chromium, told so by its ``--gcm-…`` switches, checks in and registers here over HTTP and keeps one
TLS connection (MCS: a tag, a length, a protobuf message) on which messages arrive. Our own side is
RFC 8030 over TLS, at the name the browser puts into its endpoints. Only the messages and fields
that a subscription and a message need are spoken.
"""

import asyncio
import datetime
import itertools
import ssl
import threading
import time
from typing import NamedTuple

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from apps.sandbox.push_service import check_vapid

MCS_VERSION = 41
PING, PING_ACK, LOGIN, LOGGED_IN, DATA = 0, 1, 2, 3, 8


class Registration(NamedTuple):
    """What Chromium registered: the application, its subtype (one a subscription) and the sender."""

    app: str
    subtype: str
    sender: str


class PushTransport:
    """Listens until ``close``; ``host`` is the name in Chromium's endpoints."""

    def __init__(self, folder, host):
        self.origin = f"https://{host}"
        self.certificate, key = _certificate(folder, host)
        self._tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._tls.load_cert_chain(self.certificate, key)
        self.registered, self.deleted, self.bodies, self.refusals = {}, [], [], []
        self.n_delivered = 0
        self._browsers, self._n, self._numbers = [], itertools.count(1), {}
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        if not self._ready.wait(10):
            raise TimeoutError("the push transport did not start")

    def switches(self):
        """Chromium's command line: where to check in, to register and to listen."""
        http, mcs = (f"127.0.0.1:{self._numbers[name]}" for name in ("http", "mcs"))
        return [
            f"--gcm-checkin-url=http://{http}/checkin",
            f"--gcm-registration-url=http://{http}/register",
            f"--gcm-mcs-endpoint=https://{mcs}",
            "--ignore-certificate-errors",
        ]

    @property
    def connect_to(self):
        """libcurl's CONNECT_TO: the name goes to this machine, the certificate is checked all the same."""
        return f"{self.origin.removeprefix('https://')}:443:127.0.0.1:{self._numbers['push']}"

    def deliver(self, body):
        """Put a body on the line to the browser as it is, for what was registered last."""
        wanted = list(self.registered.values())[-1]
        handled = self._deliver(wanted, "aes128gcm", body)
        asyncio.run_coroutine_threadsafe(handled, self._loop).result(5)

    def close(self):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    # -- the servers ----------------------------------------------------------------------------

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._ready.set()
        self._loop.run_forever()

    async def _serve(self):
        app = web.Application()
        app.add_routes(
            [
                web.post("/checkin", self._check_in),
                web.post("/register", self._register),
                web.post("/{way:fcm/send|wp}/{token}", self._push),
            ]
        )
        runner = web.AppRunner(app)
        await runner.setup()
        for name, tls in (("http", None), ("push", self._tls)):
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
            await site.start()
            self._numbers[name] = site._server.sockets[0].getsockname()[1]
        mcs = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls)
        self._numbers["mcs"] = mcs.sockets[0].getsockname()[1]

    async def _check_in(self, request):
        """AndroidCheckinResponse: ok, the time in ms, a device's id and its secret."""
        now = varint(int(time.time() * 1000))
        body = b"\x08\x01" + b"\x18" + now + _fixed(7, 4711) + _fixed(8, 1174)
        return web.Response(body=body, content_type="application/x-protobuf")

    async def _register(self, request):
        form = await request.post()
        wanted = Registration(form["app"], form.get("X-subtype", ""), form.get("sender", ""))
        if form.get("delete") == "true":
            self.deleted.append(wanted.subtype)
            return web.Response(text=f"token={form['app']}")
        token = f"token-{next(self._n)}"
        self.registered[token] = wanted
        return web.Response(text=f"token={token}")

    async def _push(self, request):
        """RFC 8030, section 5: 201, 403 for a wrong signature, 410 for what nobody registered."""
        wanted = self.registered.get(request.match_info["token"])
        if wanted is None or wanted.subtype in self.deleted:
            return web.Response(status=410)
        try:
            check_vapid(request.headers["Authorization"], self.origin)
        except Exception as error:  # whatever is wrong with it, the test wants to read it
            self.refusals.append(repr(error))
            return web.Response(status=403)
        body = await request.read()
        self.bodies.append(body)
        await self._deliver(wanted, request.headers["Content-Encoding"], body)
        return web.Response(status=201, headers={"Location": f"{self.origin}/message"})

    async def _deliver(self, wanted, encoding, body):
        self.n_delivered += 1
        for browser in self._browsers:
            browser.write(_framed(DATA, self._stanza(wanted, encoding, body)))
            await browser.drain()

    def _stanza(self, wanted, encoding, body):
        """DataMessageStanza: who sent it, for which application, still encrypted."""
        headers = {"content-encoding": encoding, "subtype": wanted.subtype}
        pairs = b"".join(
            _text(7, _text(1, key) + _text(2, value)) for key, value in headers.items()
        )
        name = f"message-{next(self._n)}"
        return (
            _text(3, wanted.sender)
            + _text(5, wanted.app)
            + pairs
            + _text(9, name)
            + _text(21, body)
        )

    async def _talk(self, reader, writer):
        """One browser's connection: it logs in, and then only has to be kept alive."""
        try:
            await reader.readexactly(1)
            while True:
                tag = (await reader.readexactly(1))[0]
                await reader.readexactly(await _read_varint(reader))
                if tag == LOGIN:
                    writer.write(bytes([MCS_VERSION]) + _framed(LOGGED_IN, _text(1, "here")))
                    self._browsers.append(writer)
                elif tag == PING:
                    writer.write(_framed(PING_ACK, b""))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            if writer in self._browsers:
                self._browsers.remove(writer)


# -- protobuf, as much as is needed -----------------------------------------------------------------


def varint(n):
    """Protobuf's base-128 number."""
    found = bytearray()
    while n > 127:
        found.append(n & 127 | 128)
        n >>= 7
    return bytes([*found, n])


def _text(field, value):
    data = value.encode() if isinstance(value, str) else value
    return varint(field << 3 | 2) + varint(len(data)) + data


def _fixed(field, value):
    return varint(field << 3 | 1) + value.to_bytes(8, "little")


def _framed(tag, message):
    return bytes([tag]) + varint(len(message)) + message


async def _read_varint(reader):
    n = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        n |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return n


def _certificate(folder, host):
    """(certificate, key): files; the certificate is its own authority."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={host}")
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private
