"""HTTP requests to servers whose URL somebody else entered: one request, one answer.

libcurl resolves a name, passes each address before it connects, and counts the seconds from the
first to the last byte (docs/adr/0029). Redirects are never followed and proxies, netrc and cookies
never used. Allowed are only public hosts that the operator names, over TLS, and the private servers
that they list.
"""

import base64
import socket
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import certifi
import pycurl
from django.conf import settings
from requests.structures import CaseInsensitiveDict

from apps.core import network_addresses

CONNECT_TIMEOUT_S = 5
RESPONSE_TIMEOUT_S = 30  # for one answer, however slowly it arrives
MAX_RESPONSE_BYTES = 20_000_000
_UNTRUSTED = {
    pycurl.E_PEER_FAILED_VERIFICATION,
    pycurl.E_SSL_CONNECT_ERROR,
    pycurl.E_SSL_CERTPROBLEM,
    pycurl.E_SSL_CACERT_BADFILE,
}


class RequestFailed(Exception):
    """No answer came that could be used."""


class AddressRefused(RequestFailed):
    """The address may not be connected to."""


class UntrustedCertificate(RequestFailed):
    """The certificates do not fit."""


class ResponseTooSlow(RequestFailed):
    """The answer, or all answers together, took too long."""


class ResponseTooLarge(RequestFailed):
    """The answer has too many bytes."""


@dataclass(frozen=True)
class ServerResponse:
    """What a server answered; its repr shows nothing of it."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self):
        return f"Answer({self.status}, {len(self.body)} bytes)"


@dataclass(frozen=True)
class ClientIdentity:
    """Paths (PEM) of our certificate and its key, and of the authorities; "" for those of certifi."""

    certificate: tuple[str, str] | None = None
    ca_file: str = ""


class HttpClient:
    """Requests to the servers of one source; keeps its connections while it lives.

    ``within_s`` bounds all its requests together, in wall-clock time. ``trusted`` are URLs whose
    origin the operator has set and not staff: they may be anywhere, and without TLS. ``hosts`` are
    the public hosts that are allowed, SOURCE_HOSTS where it is None.
    """

    def __init__(
        self,
        *,
        within_s: float | None = None,
        most_bytes: int | None = None,
        trusted: Collection[str] = (),
        identity: ClientIdentity = ClientIdentity(),
        hosts: Collection[str] | None = None,
    ):
        self.ends_at = None if within_s is None else time.monotonic() + within_s
        self.most_bytes = most_bytes or MAX_RESPONSE_BYTES
        self.trusted = {network_addresses.origin_of(url) for url in trusted} - {""}
        self.identity = identity
        self.hosts = hosts
        self.headers: dict[str, str] = {}
        self._multi = pycurl.CurlMulti()

    def get(self, url: str, query: Mapping | None = None, **more) -> ServerResponse:
        """A ServerResponse of any status. Raises RequestFailed."""
        if query:
            url = f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"
        return self._send("GET", url, None, **more)

    def post(self, url: str, body: bytes, kind: str, **more) -> ServerResponse:
        """Send ``body`` of a content type ``kind``. Raises RequestFailed."""
        return self._send("POST", url, body, kind=kind, **more)

    def _send(self, method, url, body, *, kind="", headers=None, auth=None):
        opener = _Opener(self._rule_for(url))
        buffer, seconds = _ResponseBuffer(self.most_bytes), self._seconds_left()
        handle = self._handle(url, opener, buffer, seconds)
        sent = {**self.headers, **(headers or {}), "Expect": ""}
        if kind:
            sent["Content-Type"] = kind
        if auth:
            sent["Authorization"] = basic_authorization(*auth)
        handle.setopt(pycurl.HTTPHEADER, [_header(*pair) for pair in sent.items()])
        if method == "POST":
            handle.setopt(pycurl.POST, 1)
            handle.setopt(pycurl.POSTFIELDS, body)
        error = self._perform(handle, seconds)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        handle.close()
        if error is not None:
            raise _named(error, opener, buffer)
        return ServerResponse(status, buffer.headers, bytes(buffer.body))

    def _rule_for(self, url):
        """The rule for the addresses of this URL's host. Raises AddressRefused."""
        origin = network_addresses.origin_of(url)
        if origin in self.trusted:
            return lambda address: True
        listed = origin in private_origins()
        if not origin or not (listed or _is_of_the_world(origin, self.hosts)):
            raise AddressRefused
        return _rule_of_listed(origin) if listed else network_addresses.is_public

    def _seconds_left(self):
        if self.ends_at is None:
            return RESPONSE_TIMEOUT_S
        left = min(RESPONSE_TIMEOUT_S, self.ends_at - time.monotonic())
        if left <= 0:
            raise ResponseTooSlow
        return left

    def _handle(self, url, opener, buffer, seconds):
        handle = pycurl.Curl()
        options = {
            pycurl.URL: url,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTPS | pycurl.PROTO_HTTP,
            pycurl.OPENSOCKETFUNCTION: opener,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.PROXY: "",
            pycurl.NOSIGNAL: 1,
            pycurl.PATH_AS_IS: 1,
            pycurl.USERAGENT: "kaga-portal",
            pycurl.ACCEPT_ENCODING: "gzip, deflate",
            pycurl.CONNECTTIMEOUT: CONNECT_TIMEOUT_S,
            pycurl.TIMEOUT_MS: max(1, int(seconds * 1000)),
            pycurl.CAINFO: self.identity.ca_file or certifi.where(),
            pycurl.HEADERFUNCTION: buffer.note_header,
            pycurl.WRITEFUNCTION: buffer.keep,
        }
        if self.identity.certificate:
            options[pycurl.SSLCERT], options[pycurl.SSLKEY] = self.identity.certificate
        for option, value in options.items():
            handle.setopt(option, value)
        return handle

    def _perform(self, handle, seconds):
        """The libcurl error (number) of a transfer, None where it succeeded.

        In a Python loop, so that a worker's own time limit interrupts it at once.
        """
        ends_at = time.monotonic() + seconds
        self._multi.add_handle(handle)
        try:
            while time.monotonic() <= ends_at:
                self._multi.perform()
                _, good, bad = self._multi.info_read()
                if good or bad:
                    return bad[0][1] if bad else None
                self._multi.select(0.2)
            return pycurl.E_OPERATION_TIMEDOUT
        finally:
            self._multi.remove_handle(handle)


class _Opener:
    """Opens a socket to an address the rule allows, or none at all."""

    def __init__(self, rule):
        self.rule, self.has_refused = rule, False

    def __call__(self, purpose, address):
        family, kind, protocol, target = address
        if not self.rule(target[0]):
            self.has_refused = True
            return pycurl.SOCKET_BAD
        return socket.socket(family, kind, protocol)


class _ResponseBuffer:
    """What came so far of one answer."""

    def __init__(self, most_bytes):
        self.most_bytes, self.body, self.headers = most_bytes, bytearray(), CaseInsensitiveDict()

    def note_header(self, line):
        name, colon, value = line.decode("latin-1").partition(":")
        if name.startswith("HTTP/"):
            self.headers.clear()
        elif colon:
            name, value = name.strip(), value.strip()
            before = self.headers.get(name)
            self.headers[name] = f"{before}, {value}" if before else value

    def keep(self, block):
        if len(self.body) + len(block) > self.most_bytes:
            return 0  # fewer than came: libcurl ends the transfer
        self.body += block


def basic_authorization(name: str, secret: str) -> str:
    """The Authorization header of HTTP Basic (RFC 7617, UTF-8)."""
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()


def private_origins() -> set[str]:
    """The origins inside private networks that the operator lists (PRIVATE_SERVERS).

    "sis.city.lan" and "10.0.0.5:8443" are https; "http://…" has to be written.
    """
    urls = (one if "://" in one else f"https://{one}" for one in settings.PRIVATE_SERVERS)
    return {network_addresses.origin_of(url.strip().lower()) for url in urls} - {""}


def is_allowed_url(url: str, hosts: Collection[str] | None = None) -> bool:
    """Whether staff may enter this URL.

    https to a public host that the operator allows (``hosts``, SOURCE_HOSTS where it is None), or a
    private server that they list. Asks no name server: where a name leads is checked each time it is connected to.
    """
    origin = network_addresses.origin_of(url)
    if origin in private_origins():
        return True
    return _is_of_the_world(origin, hosts) and not network_addresses.is_inner_url(url)


def _is_of_the_world(origin, hosts):
    """Whether it is https to a public host that the operator allows: by name, below "*.…", or all."""
    scheme, _, place = origin.partition("://")
    host = place.rpartition(":")[0].rstrip(".")
    return scheme == "https" and any(
        host == one or one == "*" or (one.startswith("*.") and host.endswith(one[1:]))
        for one in (each.strip().lower() for each in _hosts(hosts))
    )


def _hosts(hosts):
    return settings.SOURCE_HOSTS if hosts is None else hosts


def _rule_of_listed(origin):
    """A listed IP address is that address; a listed name may lead anywhere."""
    host = origin.partition("://")[2].rpartition(":")[0].strip("[]")
    number = network_addresses.as_ip_address(host)
    if number is not None:
        return lambda address: address == number
    return lambda address: (
        network_addresses.is_inner(address) or network_addresses.is_public(address)
    )


def _header(name, value):
    text = f"{name}: {value}" if value else f"{name}:"
    if not text.isprintable():  # a line break would begin another header
        raise AddressRefused
    return text.encode()


def _named(number, opener, buffer):
    if opener.has_refused:
        return AddressRefused()
    if number == pycurl.E_OPERATION_TIMEDOUT:
        return ResponseTooSlow()
    if number == pycurl.E_WRITE_ERROR:
        return ResponseTooLarge()
    return UntrustedCertificate() if number in _UNTRUSTED else RequestFailed(number)
