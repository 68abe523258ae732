"""Slow clients beside ordinary ones: the effect on the ordinary ones.

``python bench/slow_clients.py [--quick]``

200 connections send a head a byte at a time, 50 have sent half of a form and go on a byte a
second; meanwhile four connections ask for the first page. Rounds with and without slow clients
alternate; the figure is the p95 with them against the p95 without, and 0 requests may fail.
"""

import argparse
import socket
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, figure, load, median, percentile  # noqa: E402
from kaga_portal import web_server  # noqa: E402

SLOW_HEADS, SLOW_BODIES, CONNECTIONS = 200, 50, 4
HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf="
PAGE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
COMMAND = [*web_server.server_arguments("{port}")[1:], "--log-level", "error"]


@contextmanager
def slow_clients(port):
    """Half-sent requests, each carried on by a byte a second, until the block ends."""
    ended = threading.Event()
    beginnings = [HEAD] * SLOW_HEADS + [BODY] * SLOW_BODIES
    lines = [_begin(port, data) for data in beginnings]
    dripping = threading.Thread(target=_drip, args=(port, lines, beginnings, ended))
    dripping.start()
    try:
        yield
    finally:
        ended.set()
        dripping.join()
        for line in lines:
            line.close()


def _begin(port, data):
    line = socket.create_connection(("127.0.0.1", port), 10)
    line.sendall(data)
    return line


def _drip(port, lines, beginnings, ended):
    while not ended.wait(1):
        for number, line in enumerate(lines):
            try:
                line.sendall(b"a")
            except OSError:  # the server closed the connection: the next slow client connects
                line.close()
                lines[number] = _begin(port, beginnings[number])


def main():
    options = _options()
    shared_database()
    with BenchServer("portal", COMMAND) as portal:
        _round(portal, 1.0)
        alone, with_slow_clients = [], []
        for _ in range(options.rounds):
            alone.append(_round(portal, options.seconds))
            with slow_clients(portal.port):
                with_slow_clients.append(_round(portal, options.seconds))
    print(
        f"alone {median(alone):.1f} ms, beside slow clients {median(with_slow_clients):.1f} ms (p95)"
    )
    figure("slow_clients_p95", median(with_slow_clients), "ms", ratio=median(alone) / median(with_slow_clients),
           to="no_slow_clients", goal=0.5)  # fmt: skip


def _round(server, seconds):
    """The p95 of the ordinary clients in ms."""
    done = load(server.port, lambda *_: PAGE, b"200 OK", seconds=seconds, connections=CONNECTIONS)
    if done.problems or not done.n:
        sys.exit(f"an ordinary request was answered: {done.problems[:1]}")
    return percentile(done.latencies, 0.95)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute")
    options = parser.parse_args()
    options.rounds, options.seconds = (3, 3.0) if options.quick else (5, 15.0)
    return options


if __name__ == "__main__":
    main()
