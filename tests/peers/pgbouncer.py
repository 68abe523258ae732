"""PgBouncer as docs/operations/several-hosts.md configures it, in front of the tests' own server."""

import configparser
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from kaga_portal.embedded import SYSTEM_USER
from tests.peers.conftest import free_port

PAGE = settings.BASE_DIR / "docs" / "operations" / "several-hosts.md"
PROGRAM = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin")
N_CONNECTIONS = 2
START_S = 10


@contextmanager
def running_pgbouncer():
    """Yield the port of a PgBouncer whose two connections to the test database take turns."""
    if PROGRAM is None:
        pytest.skip("pgbouncer is not installed (Debian: apt-get install pgbouncer)")
    folder, port = Path(tempfile.mkdtemp(prefix="kaga-pgbouncer-")), free_port()
    (folder / "users.txt").write_text('"postgres" ""\n"kaga_portal" ""\n')
    with open(folder / "pgbouncer.ini", "w") as file:
        _configuration(folder, port).write(file)
    account = _account(folder)
    with open(folder / "pgbouncer.log", "w+") as log:
        command = [PROGRAM, str(folder / "pgbouncer.ini")]
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd="/", **account)
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.terminate()
            process.wait(10)
            shutil.rmtree(folder)


def _account(folder):
    """It refuses to run as root, and only this account may enter the server's socket."""
    if os.geteuid() != 0:
        return {}
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)
    return {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}


def _configuration(folder, port):
    """The documented one with the addresses and the small pool of the tests, and without TLS."""
    (text,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    found = configparser.ConfigParser(delimiters=("=",), interpolation=None)
    found.read_string(text)
    server = connection.get_connection_params()
    name = server["dbname"]
    found["databases"] = {name: f"host={server['host']} port={server.get('port') or 5432}"}
    found["pgbouncer"].update({
        "listen_port": str(port), "default_pool_size": str(N_CONNECTIONS),
        "server_round_robin": "1", "log_connections": "0",
        "server_tls_sslmode": "disable", "auth_type": "trust", "unix_socket_dir": "",
        "auth_file": str(folder / "users.txt"),
    })  # fmt: skip
    del found["pgbouncer"]["server_tls_ca_file"]
    return found


def _wait_for(port, process, log):
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    log.seek(0)
    raise AssertionError(f"pgbouncer did not start: {log.read()[-500:]}")
