"""Fixtures: the real web server as in production, with the test database."""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection

from kaga_portal import web_server
from tests.faults.conftest import kill, session, until  # noqa: F401 - a fixture


@contextmanager
def web_process(log_path, **environment):
    """The port of a running web server with one process, with these changes to its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    url = f"{url.rpartition('/')[0]}/{name}"
    with open(log_path, "wb") as log:
        process = subprocess.Popen(
            [sys.executable, *web_server.server_arguments(port, workers=1)], cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": url, **environment},
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: answers(port))
        yield port
    finally:
        kill(process)


@pytest.fixture
def server(transactional_db, tmp_path):
    """The port of a running web server with one process."""
    with web_process(tmp_path / "web.log") as port:
        yield port


@pytest.fixture
def cut(session):  # noqa: F811
    """cut() ends every connection to this database, ``but`` (a backend's id) and its own."""
    own_session = session(autocommit=True)

    def end(but=0):
        own_session.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
            [but],
        )

    yield end
    connection.close()  # the test's own may be cut as well


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def talk(port, data, patience_s=10):
    """The connection after ``data`` was sent over it."""
    line = socket.create_connection(("127.0.0.1", port), patience_s)
    line.sendall(data)
    return line


def first_line(line):
    """The status line of the answer ("" where the server only closed)."""
    received = b""
    while b"\r\n" not in received and (part := line.recv(4096)):
        received += part
    return received.partition(b"\r\n")[0].decode()
