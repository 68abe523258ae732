"""Real workers against the tests' own database, a broker of their own, and a mail server."""

import os
import shutil
import signal
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection

from kaga_portal.celery import app
from kaga_portal.embedded import ServerFolders
from kaga_portal.redis_urls import broker_url

PATIENCE_S = 90  # a worker that starts beside two busy ones takes its time


def until(what, patience_s=PATIENCE_S):
    """Wait until ``what()`` is true and return it; fails where it never is."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what} did not come true within {patience_s} s")


class Broker:
    """A Redis-protocol server of this test alone, that can be killed and started empty."""

    def __init__(self, folder):
        self.socket, self.process = Path(folder) / "b.sock", None
        self.start()

    def start(self):
        self.socket.unlink(missing_ok=True)
        args = ["--port", "0", "--unixsocket", self.socket, "--dir", self.socket.parent,
                "--save", "", "--appendonly", "yes", "--maxmemory-policy", "noeviction"]  # fmt: skip
        self.process = subprocess.Popen(
            [ServerFolders("test")._valkey_server(), *map(str, args)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.socket.parent,
        )  # fmt: skip
        until(self.socket.exists)

    def fill(self, name, number):
        """Let so many messages wait that ask for this task, in its own queue."""
        with app.connection_for_write(broker_url(f"unix://{self.socket}")) as line:
            for _ in range(number):
                app.send_task(name, connection=line)

    def n_waiting(self, queue):
        """How many messages of a queue no worker has taken."""
        with redis.Redis(unix_socket_path=str(self.socket)) as server:
            return server.llen(queue)

    def kill(self):
        """kill -9, and everything that was in it is lost."""
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.socket.parent / "appendonlydir", ignore_errors=True)


@contextmanager
def running_broker():
    """A Broker, gone afterwards with all it wrote."""
    folder = tempfile.mkdtemp(prefix="kaga-b-")  # a socket's path must be short
    running = Broker(folder)
    try:
        yield running
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def broker():
    with running_broker() as running:
        yield running


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that accepts every mail, or (``hangs``) answers nobody."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        self.letters, self.n_callers, self.hangs = [], 0, False
        self.says_of_recipients = "250 ok"
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def url(self):
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.n_callers += 1
        if self.server.hangs:
            self.rfile.read()  # until the caller goes away
            return
        self._say("220 here")
        for line in self.rfile:
            word = line.decode().strip().upper()
            if word == "DATA":
                self._say("354 go on")
                self.server.letters.append(self._letter())
            if word == "QUIT":
                self._say("221 bye")
                return
            self._say(self.server.says_of_recipients if word.startswith("RCPT") else "250 ok")

    def _letter(self):
        lines = iter(self.rfile.readline, b".\r\n")
        return b"".join(lines).decode()

    def _say(self, words):
        self.wfile.write(f"{words}\r\n".encode())


@pytest.fixture
def mailbox():
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def start_worker(broker, mailbox, tmp_path):
    """start_worker() runs ``celery worker --beat`` against this test's database; killed at the end.

    It reads the ``queues`` (comma-separated) alone where they are given, and ``has_beat`` says
    whether it runs the schedule.
    """
    running = []

    def start(queues="", *, has_beat=True):
        log = open(tmp_path / f"worker-{len(running)}.log", "wb")  # noqa: SIM115 - the worker's own
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "tests.faults.fault_app", "worker",
                 *(["--beat", "--schedule", str(tmp_path / f"b{len(running)}")] if has_beat else []),
                 "--concurrency", "1", "--without-mingle", "--without-gossip", *(["-Q", queues] if queues else [])],
                cwd=settings.BASE_DIR, env=_environment(broker, mailbox), start_new_session=True,
                stdout=log, stderr=log,
            )
        )  # fmt: skip
        return running[-1]

    yield start
    for worker in running:
        kill(worker)


def kill(worker):
    """kill -9 of a worker and everything it started, whatever it is doing."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def _environment(broker, mailbox):
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    return {
        **os.environ,
        "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}",
        "REDIS_URL": f"unix://{broker.socket}?db=0",
        "EMAIL_URL": mailbox.url,
    }


@pytest.fixture
def session(transactional_db):
    """session() opens another database session, to block a worker or to watch."""
    facts = connection.get_connection_params()
    facts = {name: facts[name] for name in ("dbname", "user", "host", "port") if facts.get(name)}
    opened = []

    def open_one(**how):
        opened.append(psycopg.connect(**facts, **how))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
