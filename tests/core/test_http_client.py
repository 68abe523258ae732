"""Requests to a server that somebody else named: where they may go, and how long they may take."""

import gzip
import socket
import threading
import time
from contextlib import contextmanager

import pycurl
import pytest

from apps.core import http_client
from apps.core.http_client import (
    AddressRefused,
    HttpClient,
    RequestFailed,
    ResponseTooLarge,
    ResponseTooSlow,
)

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Two: a\r\nX-Two: b\r\n\r\nok"


class Peer:
    """A server on this machine that answers each caller with the pieces of ``talk``."""

    def __init__(self, talk):
        self.talk, self.received, self.is_open = talk, [], True
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while self.is_open:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(caller,), daemon=True).start()

    def _answer(self, caller):
        with caller:
            self.received.append(caller.recv(65_536))
            try:
                for piece in self.talk(self):
                    caller.sendall(piece)
            except OSError:
                return  # the caller went away

    def close(self):
        self.is_open = False
        self.listener.close()


@contextmanager
def peer(talk):
    running = Peer(talk)
    yield running
    running.close()


def at_once(answer):
    return lambda server: [answer]


def drip(before, byte=b"x"):
    """``before``, and then a byte whenever a limit between two bytes would be about to end."""

    def talk(server):
        yield before
        while server.is_open:
            time.sleep(0.1)
            yield byte

    return talk


@pytest.fixture
def listed(settings):
    """listed(peer) puts a peer on the operator's list."""
    settings.PRIVATE_SERVERS = []
    return lambda server: settings.PRIVATE_SERVERS.append(server.url)


def leading_to(name, port, address, monkeypatch):
    """As if the name servers said that ``name`` is at ``address``."""
    plain = HttpClient._handle

    def handle(self, *args):
        running = plain(self, *args)
        running.setopt(pycurl.RESOLVE, [f"{name}:{port}:{address}"])
        return running

    monkeypatch.setattr(HttpClient, "_handle", handle)


def test_a_listed_server_is_asked_and_its_answer_comes_whole(listed):
    with peer(at_once(OK)) as server:
        listed(server)
        answer = HttpClient().get(f"{server.url}/x", {"since": "a b&c"}, auth=("ひと", "ひみつ"))
    assert (answer.status, answer.body, answer.headers["x-two"]) == (200, b"ok", "a, b")
    assert b"GET /x?since=a+b%26c HTTP/1.1" in server.received[0]
    assert http_client.basic_authorization("ひと", "ひみつ").encode() in server.received[0]


def test_an_inner_server_that_is_not_listed_is_not_even_connected_to():
    with peer(at_once(OK)) as server:
        for url in (server.url, server.url.replace("http:", "https:")):
            with pytest.raises(AddressRefused):
                HttpClient().get(url)
    assert server.received == []


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"])
def test_a_name_of_the_world_that_leads_inside_is_not_followed(monkeypatch, address):
    leading_to("school.example", 443, address, monkeypatch)
    with pytest.raises(AddressRefused):
        HttpClient().get("https://school.example/")


def test_a_name_is_judged_each_time_it_is_connected_to(listed, monkeypatch, settings):
    with peer(at_once(OK)) as server:
        settings.PRIVATE_SERVERS = [f"http://127.0.0.1:{server.port}"]
        client = HttpClient()
        assert client.get(server.url).status == 200
        leading_to("school.example", server.port, "127.0.0.1", monkeypatch)
        with pytest.raises(AddressRefused):
            client.get(f"https://school.example:{server.port}/")


def test_a_listed_name_may_lead_into_a_private_network_but_not_to_this_machine(
    settings, monkeypatch
):
    settings.PRIVATE_SERVERS = ["sis.school.example"]
    leading_to("sis.school.example", 443, "127.0.0.1", monkeypatch)
    with pytest.raises(AddressRefused):
        HttpClient().get("https://sis.school.example/")
    rule = http_client._rule_of_listed("https://sis.school.example:443")
    assert rule("10.1.2.3")
    assert not rule("169.254.169.254")


def test_another_port_or_scheme_of_a_listed_server_is_another_server(listed):
    with peer(at_once(OK)) as server, peer(at_once(OK)) as other:
        listed(server)
        with pytest.raises(AddressRefused):
            HttpClient().get(other.url)
    assert other.received == []


def test_a_redirect_is_told_and_not_followed(listed):
    with peer(at_once(OK)) as inner:
        moved = f"HTTP/1.1 302 Found\r\nLocation: {inner.url}\r\nContent-Length: 0\r\n\r\n"
        with peer(at_once(moved.encode())) as server:
            listed(server)
            assert HttpClient().get(server.url).status == 302
    assert inner.received == []


def test_a_proxy_of_the_environment_is_not_used(listed, monkeypatch):
    with peer(at_once(OK)) as server, peer(at_once(OK)) as proxy:
        listed(server)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        HttpClient().get(server.url)
    assert (len(server.received), proxy.received) == (1, [])


@pytest.mark.parametrize(
    "talk",
    [
        drip(b"", b""),  # never a byte
        drip(b"HTTP/1.1 200 OK\r\n", b"X"),  # a head without end
        drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),  # a body a byte at a time
        drip(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        drip(b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_whatever_drips_ends_by_the_clock_on_the_wall(talk, listed, monkeypatch):
    monkeypatch.setattr(http_client, "RESPONSE_TIMEOUT_S", 1)
    with peer(talk) as server:
        listed(server)
        began = time.monotonic()
        with pytest.raises(ResponseTooSlow):
            HttpClient().get(server.url)
        assert time.monotonic() - began < 5


def test_a_server_that_never_speaks_tls_is_given_up(settings, monkeypatch):
    monkeypatch.setattr(http_client, "RESPONSE_TIMEOUT_S", 1)
    with peer(drip(b"", b"\x16")) as server:
        settings.PRIVATE_SERVERS = [f"127.0.0.1:{server.port}"]
        began = time.monotonic()
        with pytest.raises(RequestFailed):
            HttpClient().get(f"https://127.0.0.1:{server.port}/")
        assert time.monotonic() - began < 5


def test_all_requests_of_a_client_share_one_deadline(listed):
    def slow(server):
        time.sleep(0.3)
        yield OK

    with peer(slow) as server:
        listed(server)
        client, n, began = HttpClient(within_s=1), 0, time.monotonic()
        with pytest.raises(ResponseTooSlow):
            while n < 20:
                client.get(server.url)
                n += 1
        assert n < 5
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("is_packed", [False, True])
def test_an_answer_without_measure_is_cut(listed, is_packed):
    body = gzip.compress(bytes(5_000_000)) if is_packed else bytes(5_000_000)
    head = "HTTP/1.1 200 OK\r\n" + ("Content-Encoding: gzip\r\n" if is_packed else "")
    with peer(at_once(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)) as server:
        listed(server)
        with pytest.raises(ResponseTooLarge):
            HttpClient(most_bytes=1_000_000).get(server.url)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b"])
def test_no_value_begins_another_header(listed, value):
    with peer(at_once(OK)) as server:
        listed(server)
        with pytest.raises(AddressRefused):
            HttpClient().get(server.url, headers={"X-Mine": value})
    assert server.received == []


@pytest.mark.parametrize(
    "url",
    ["https://a@b.example/", "file:///etc/passwd", "ftp://a.example/", "https://a.example:0/", "",
     "https://school.example\\@127.0.0.1/", "http://school.example/", "gopher://a.example/"],
)  # fmt: skip
def test_what_is_no_https_address_is_refused_before_anything_is_sent(url):
    assert not http_client.is_allowed_url(url)
    with pytest.raises(AddressRefused):
        HttpClient().get(url)


def test_an_answer_tells_nothing_of_itself_in_a_traceback():
    assert "secret" not in repr(http_client.ServerResponse(200, {"a": "secret"}, b"secret"))


@pytest.mark.parametrize(
    ("hosts", "url", "may"),
    [
        (["lrs.example.jp"], "https://lrs.example.jp/xapi", True),
        (["lrs.example.jp"], "https://LRS.example.jp:8443/xapi", True),
        (["lrs.example.jp"], "https://lrs.example.jp.evil.example/", False),
        (["lrs.example.jp"], "https://evil-lrs.example.jp/", False),
        (["lrs.example.jp"], "http://lrs.example.jp/", False),
        (["*.example.jp"], "https://a.b.example.jp/", True),
        (["*.example.jp"], "https://example.jp/", False),
        (["*.example.jp"], "https://notexample.jp/", False),
        ([], "https://lrs.example.jp/", False),
        (["*"], "https://127.0.0.1/", False),
    ],
)
def test_only_hosts_that_the_operator_allows_are_named_and_spoken_to(settings, hosts, url, may):
    settings.SOURCE_HOSTS, settings.PRIVATE_SERVERS = hosts, []
    assert http_client.is_allowed_url(url) == may
    if not may:
        with pytest.raises(http_client.AddressRefused):
            http_client.HttpClient().get(url)


def test_a_host_taken_off_the_list_is_not_asked_any_more(settings):
    settings.SOURCE_HOSTS = ["lrs.example.jp"]
    assert http_client.is_allowed_url("https://lrs.example.jp/")
    settings.SOURCE_HOSTS = []
    with pytest.raises(http_client.AddressRefused):
        http_client.HttpClient().get("https://lrs.example.jp/")
