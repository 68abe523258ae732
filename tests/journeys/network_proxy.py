"""What stands between a school's tablets and the portal: it passes on, refuses or hangs."""

import http.client
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

HANGS = "hangs"
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
MOST_S = 60


class OuterNetwork:
    """A proxy on localhost. ``faults`` is {beginning of a path: status or HANGS}; "/" is all.

    ``prefixes`` is {path: bytes put before its text}, ``headers`` {path: {name: value}},
    ``delays`` {beginning of a path: seconds before it answers}.
    """

    def __init__(self, portal):
        self.portal = urlsplit(portal)
        self.faults, self.prefixes, self.headers, self.delays = {}, {}, {}, {}
        self.requests_seen, self.over = [], threading.Event()
        self._server = ThreadingHTTPServer(("localhost", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://localhost:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def fault_of(self, path):
        return next((what for begin, what in self.faults.items() if path.startswith(begin)), None)

    def delay_of(self, path):
        return next((s for begin, s in self.delays.items() if path.startswith(begin)), 0)

    def close(self):
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def between(portal):
    network = OuterNetwork(portal)
    try:
        yield network
    finally:
        network.close()


def _handler_of(network):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            network.requests_seen.append((self.command, self.path))
            network.over.wait(network.delay_of(self.path))
            fault = network.fault_of(self.path)
            if fault == HANGS:
                network.over.wait(MOST_S)
            elif fault:
                self._say(fault, [("Content-Type", "text/html")], b"<h1>Bad gateway</h1>")
            else:
                self._pass_on(body)

        do_POST = do_HEAD = do_GET

        def _pass_on(self, body):
            connection = http.client.HTTPConnection(network.portal.hostname, network.portal.port)
            connection.request(self.command, self.path, body, dict(self.headers.items()))
            answer = connection.getresponse()
            own = network.headers.get(self.path, {})
            headers = [pair for pair in answer.getheaders() if pair[0] not in own] + [*own.items()]
            body = network.prefixes.get(self.path, b"") + answer.read()
            self._say(answer.status, headers, body)
            connection.close()

        def _say(self, status, headers, body):
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in HOP:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
            self.close_connection = True

        def handle(self):
            with suppress(OSError):  # the browser went away, as browsers do
                super().handle()

        def log_message(self, *_):
            pass

    return Handler
