"""Sends: one long-lived libcurl multi handle a process, many requests over few connections.

Over TLS a request costs libcurl with HTTP/2 a fifth of what it costs aiohttp (docs/adr/0006).
Redirects are never followed, proxies of the environment never used, and an address that is not
public is refused at the moment of connecting, whatever the name said before.
"""

import atexit
import os
import socket
import time
from collections import defaultdict
from enum import Enum
from itertools import chain
from typing import NamedTuple

import certifi
import pycurl
from django.conf import settings

from apps.core.network_addresses import is_public

MAX_IN_FLIGHT = 400
CONNECTIONS_PER_HOST = 64  # HTTP/2 needs four; over HTTP/1.1 hanging devices must not hold all
CONNECT_TIMEOUT_S, TOTAL_TIMEOUT_S = 5, 15
ISOLATED_TIMEOUT_S = 5  # for a device that failed before
MAX_BODY_BYTES = 500  # bytes of an error's body
STARTS_PER_POLL = 64  # requests started before the network is polled again
POLL_WAIT_S = 0.02

_END = object()


class PushResponse(NamedTuple):
    """What came back for a PushRequest; ``status`` None where nothing did."""

    id: object
    status: int | None
    retry_after: str | None = None
    body: str = ""
    hint: str = ""  # what went wrong, as WNS says it in a header


class HandleKind(Enum):
    """Where a handle may connect: public addresses over TLS, or the stand-in on loopback."""

    WORLD = 1
    STAND_IN = 2
    STAND_IN_TLS = 3


class Transport:
    """Keeps its connections as long as its process lives."""

    def __init__(self):
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_MULTIPLEX)
        self._multi.setopt(pycurl.M_MAX_HOST_CONNECTIONS, CONNECTIONS_PER_HOST)
        self._idle = defaultdict(list)

    def send(self, source):
        """Yield a PushResponse for each PushRequest that the iterator ``source`` gives, in any
        order.

        ``source`` may give a PushResponse (nothing to send), which is passed on, or None, which
        means "nothing just now". When it ends, requests under way are waited for. A None is yielded
        after each wait, so that the caller can check the time.
        """
        flying, more = set(), True
        try:
            while more or flying:
                more, early, is_waiting = self._fill(source, flying, more)
                yield from early
                finished = self._finished(flying)
                yield from finished
                if not finished and not early:
                    self._wait(flying, is_waiting)
                    yield None
        finally:
            for handle in flying:
                self._multi.remove_handle(handle)
                handle.close()

    def close(self):
        """Close all connections."""
        for handle in chain.from_iterable(self._idle.values()):
            handle.close()
        self._idle.clear()
        self._multi.close()

    def _fill(self, source, flying, more):
        """Start requests: (is there more, responses known already, is the source waiting)."""
        early, started = [], 0
        while more and len(flying) < MAX_IN_FLIGHT and started < STARTS_PER_POLL:
            item = next(source, _END)
            if item is _END:
                return False, early, False
            if item is None:
                return True, early, True
            if isinstance(item, PushResponse):
                early.append(item)
                continue
            flying.add(self._start(item))
            started += 1
        return more, early, False

    def _start(self, request):
        kind = _kind_of(request.url), request.is_isolated
        idle = self._idle[kind]
        handle = idle.pop() if idle else _new_handle(*kind)
        handle.job = request.id
        handle.retry_after, handle.hint = None, ""
        handle.answer.clear()
        handle.setopt(pycurl.URL, request.url)
        if handle.headers is not request.headers:  # the same for all messages of a broadcast
            handle.setopt(pycurl.HTTPHEADER, request.headers)
            handle.headers = request.headers
        handle.setopt(pycurl.POSTFIELDS, request.body)
        self._multi.add_handle(handle)
        return handle

    def _finished(self, flying):
        self._multi.perform()
        found, more = [], True
        while more:
            more, good, bad = self._multi.info_read()
            found += [self._receive(handle, flying) for handle in good]
            found += [self._receive(handle, flying, number) for handle, number, _ in bad]
        return found

    def _receive(self, handle, flying, error=None):
        flying.discard(handle)
        self._multi.remove_handle(handle)
        self._idle[handle.kind].append(handle)
        if error is not None:
            hint = "timeout" if error == pycurl.E_OPERATION_TIMEDOUT else f"curl-{error}"
            return PushResponse(handle.job, None, hint=hint)
        status = handle.getinfo(pycurl.RESPONSE_CODE)
        if 200 <= status < 300:
            return PushResponse(handle.job, status)
        body = bytes(handle.answer).decode("utf-8", "replace")
        return PushResponse(handle.job, status, handle.retry_after, body, handle.hint)

    def _wait(self, flying, is_waiting):
        if flying:
            self._multi.select(POLL_WAIT_S)
        elif is_waiting:
            time.sleep(POLL_WAIT_S)


_transports = {}


def process_transport():
    """The Transport of this process (a forked child must not share its parent's connections)."""
    pid = os.getpid()
    if pid not in _transports:
        _transports.clear()
        _transports[pid] = Transport()
        atexit.register(_transports[pid].close)
    return _transports[pid]


def _kind_of(url):
    stand_in = settings.PUSH_SANDBOX_ORIGIN
    if not stand_in or not url.startswith(f"{stand_in}/"):
        return HandleKind.WORLD
    return HandleKind.STAND_IN if url.startswith("http://") else HandleKind.STAND_IN_TLS


def _new_handle(kind, is_isolated):
    """A reusable handle restricted to what this kind of address needs.

    ``is_apart``: with a connection that nobody shares, so that a reset affects no other request.
    """
    handle = pycurl.Curl()
    handle.kind, handle.answer, handle.headers = (kind, is_isolated), bytearray(), None
    is_plain = kind is HandleKind.STAND_IN
    handle.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP if is_plain else pycurl.PROTO_HTTPS)
    handle.setopt(pycurl.PIPEWAIT, not is_plain and not is_isolated)
    opener = _public_socket if kind is HandleKind.WORLD else _any_socket
    handle.setopt(pycurl.OPENSOCKETFUNCTION, opener)
    handle.setopt(pycurl.POST, 1)
    version = pycurl.CURL_HTTP_VERSION_1_1 if is_isolated else pycurl.CURL_HTTP_VERSION_2TLS
    handle.setopt(pycurl.HTTP_VERSION, version)
    handle.setopt(pycurl.FRESH_CONNECT, is_isolated)
    handle.setopt(pycurl.FORBID_REUSE, is_isolated)
    handle.setopt(pycurl.USERAGENT, "kaga-portal")
    handle.setopt(pycurl.PATH_AS_IS, 1)
    handle.setopt(pycurl.FOLLOWLOCATION, 0)
    handle.setopt(pycurl.PROXY, "")
    handle.setopt(pycurl.NOSIGNAL, 1)
    handle.setopt(pycurl.CONNECTTIMEOUT, CONNECT_TIMEOUT_S)
    handle.setopt(pycurl.TIMEOUT, ISOLATED_TIMEOUT_S if is_isolated else TOTAL_TIMEOUT_S)
    handle.setopt(pycurl.CAINFO, settings.PUSH_CA_FILE or certifi.where())
    handle.setopt(pycurl.HEADERFUNCTION, _header_reader(handle))
    handle.setopt(pycurl.WRITEFUNCTION, _body_reader(handle.answer))
    return handle


def _header_reader(handle):
    def read(line):
        name = line[:24].lower()
        if name.startswith(b"retry-after:"):
            handle.retry_after = line[12:].strip().decode("latin-1")
        elif name == b"x-wns-error-description:":
            handle.hint = line[24 : 24 + MAX_BODY_BYTES].strip().decode("latin-1")

    return read


def _body_reader(body):
    def keep(data):
        if len(body) < MAX_BODY_BYTES:
            body.extend(data[: MAX_BODY_BYTES - len(body)])

    return keep


def _any_socket(purpose, address):
    family, kind, protocol, _ = address
    return socket.socket(family, kind, protocol)


def _public_socket(purpose, address):
    """A socket to a public address, else none: a name may resolve to an internal one at any time."""
    family, kind, protocol, target = address
    if not is_public(target[0]):
        return pycurl.SOCKET_BAD
    return socket.socket(family, kind, protocol)
