"""The web server's log is JSON, one object per line, without codes and IP addresses."""

import json
import os
import socket
import subprocess
import sys
import urllib.request
from datetime import datetime

import pytest
from django.conf import settings
from django.db import connection

from kaga_portal import web_server
from tests.faults.conftest import kill, until
from tests.web.conftest import answers

pytestmark = pytest.mark.fault


def test_each_line_of_the_web_server_is_json_in_utc(transactional_db, tmp_path, monkeypatch):
    monkeypatch.setenv("LOG_ACCESS", "1")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, name = os.environ["DATABASE_URL"], connection.settings_dict["NAME"]
    with open(tmp_path / "web.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, *web_server.server_arguments(port, workers=1)], cwd=settings.BASE_DIR,
            env={
                **os.environ, "DATABASE_URL": f"{url.rpartition('/')[0]}/{name}",
                "LOG_FORMAT": "json", "LOG_ACCESS": "1",
            },
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        until(lambda: answers(port))
        urllib.request.urlopen(f"http://127.0.0.1:{port}/places/?q=himitsu")
        until(lambda: "/places/" in (tmp_path / "web.log").read_text())  # written by another thread
    finally:
        kill(process)
    lines = (tmp_path / "web.log").read_text().splitlines()
    lines_read = [json.loads(line) for line in lines]
    assert all(datetime.fromisoformat(one["time"]).tzinfo is not None for one in lines_read)
    requests = [one for one in lines_read if one.get("path") == "/places/"]
    assert [(one["method"], one["status"], one["network"]) for one in requests] == [
        ("GET", 200, "127.0.0.0/24")
    ]
    assert {"_granian", "granian.access"} <= {one["logger"] for one in lines_read}
    assert "himitsu" not in "".join(lines)
