"""Every log event is one line, in UTC, without what somebody typed; JSON in production."""

import json
import logging
import os
import subprocess
import sys
from datetime import datetime, timedelta

import pytest
from django.conf import settings

from apps.core import log_formats
from kaga_portal import web_server

EVIL = "ok\n2026-01-01T00:00:00+00:00 INFO security event=signin.done\x1b[31m\u202e\x9b"


def record(message="ok", *args, name="apps.x", exc_info=None, **extra):
    log_record = logging.LogRecord(name, logging.WARNING, __file__, 1, message, args, exc_info)
    vars(log_record).update(extra)
    return log_record


def error_of(work):
    try:
        work()
    except Exception:
        return sys.exc_info()


def break_with_content():
    try:
        int("さくらの ひみつ")
    except ValueError as error:
        raise KeyError("sakura@example.com") from error


@pytest.mark.parametrize(
    "formatter",
    [log_formats.JsonFormatter(), log_formats.PlainFormatter("%(asctime)s %(message)s")],
)
def test_what_is_sent_makes_no_second_line_and_no_colour(formatter):
    line = formatter.format(record("%s", EVIL))
    assert len(line.splitlines()) == 1
    assert not log_formats.CONTROLS.search(line)


def test_a_line_of_json_says_when_in_utc_how_grave_and_who_wrote_it():
    line = json.loads(log_formats.JsonFormatter().format(record("a %s", "b")))
    when = datetime.fromisoformat(line["time"])
    assert when.utcoffset() == timedelta(0)
    assert (line["level"], line["logger"], line["message"]) == ("WARNING", "apps.x", "a b")


def test_a_traceback_is_part_of_its_line_and_holds_no_value():
    line = log_formats.JsonFormatter().format(
        record("broken", exc_info=error_of(break_with_content))
    )
    assert len(line.splitlines()) == 1
    exceptions = json.loads(line)["exceptions"]
    assert [one["type"] for one in exceptions] == ["builtins.KeyError", "builtins.ValueError"]
    assert any("break_with_content" in place for place in exceptions[0]["at"])
    assert "sakura" not in line and "\\u3055" not in line  # さ


def test_a_request_in_an_extra_field_is_not_written():
    line = log_formats.JsonFormatter().format(record(request="<GET /?q=sakura>", event="limit.hit"))
    assert "sakura" not in line
    assert json.loads(line)["event"] == "limit.hit"


def test_people_read_a_traceback_below_its_line():
    formatter = log_formats.PlainFormatter("%(asctime)s %(levelname)s %(name)s %(message)s")
    lines = formatter.format(record("broken", exc_info=error_of(break_with_content))).splitlines()
    assert "+" in lines[0].split()[0] and lines[0].endswith("WARNING apps.x broken")
    assert all(line.startswith("    ") for line in lines[1:])


REQUEST = {
    "method": "GET", "path": "/g/ABCD-EFGH/", "query_string": "q=sakura", "status": 200,
    "addr": "10.0.0.9", "dt_ms": 1.25, "_h0": "198.51.100.1, 203.0.113.77",
}  # fmt: skip


@pytest.mark.parametrize(
    "formatter", [log_formats.AccessJsonFormatter(), log_formats.AccessPlainFormatter()]
)
def test_a_request_is_told_without_query_code_and_household(formatter, monkeypatch):
    monkeypatch.setenv("TRUSTED_PROXY_COUNT", "1")
    line = formatter.format(record("%(method)s", REQUEST, name="granian.access"))
    assert "203.0.113.0/24" in line and "/g/-" in line
    assert not [word for word in ("sakura", "ABCD", "203.0.113.77", "10.0.0.9") if word in line]


@pytest.mark.parametrize(
    ("n_proxies", "forwarded", "network"),
    [
        (
            "0",
            "198.51.100.1",
            "10.0.0.0/24",
        ),  # no proxy in front: the header comes from the client
        ("1", "198.51.100.1, 203.0.113.77", "203.0.113.0/24"),
        ("2", "198.51.100.1, 203.0.113.77", "198.51.100.0/24"),
        ("2", "203.0.113.77", ""),
        ("1", "", ""),
    ],
)
def test_behind_proxies_the_client_is_whom_the_last_trusted_one_saw(
    monkeypatch, n_proxies, forwarded, network
):
    monkeypatch.setenv("TRUSTED_PROXY_COUNT", n_proxies)
    assert log_formats.client_network("10.0.0.9", forwarded) == network


@pytest.mark.parametrize(
    ("line", "mode", "is_json"),
    [
        ("", "production", True),
        ("", "demo", False),
        ("plain", "production", False),
        ("json", "demo", True),
    ],
)
def test_production_writes_json_where_nothing_else_is_said(monkeypatch, line, mode, is_json):
    monkeypatch.setenv("LOG_FORMAT", line)
    monkeypatch.setenv("PORTAL_MODE", mode)
    assert log_formats.is_json() is is_json


def lines_of(code):
    """What a fresh Python with the portal's settings writes, each line read as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True,
        env={**os.environ, "LOG_FORMAT": "json"}, check=True,
    )  # fmt: skip
    return [json.loads(line) for line in (done.stdout + done.stderr).splitlines()]


def test_workers_write_the_same_lines():
    code = (
        "from kaga_portal.celery import app\n"
        "from celery.utils.log import get_task_logger\n"
        "app.log.setup(loglevel='INFO')\n"
        "get_task_logger('x').info('one\\ntwo')\n"
        "import logging; logging.getLogger('celery.worker').info('three')\n"
        "logging.getLogger('celery').debug('four')\n"
    )
    assert [(line["logger"], line["message"]) for line in lines_of(code)] == [
        ("x", "one\ntwo"), ("celery.worker", "three"),
    ]  # fmt: skip


def test_django_writes_the_same_lines():
    code = (
        "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'kaga_portal.settings'\n"
        "django.setup()\n"
        "import logging; logging.getLogger('django.security.csrf').warning('a\\nb')\n"
        "logging.getLogger('security').info('c', extra={'event': 'signin.done'})\n"
    )
    first, second = lines_of(code)
    assert first["message"] == "a\nb"
    assert second["event"] == "signin.done"


def test_the_web_server_is_started_with_them(monkeypatch):
    monkeypatch.setenv("LOG_ACCESS", "1")
    line = " ".join(web_server.server_arguments(8000))
    assert "--log-config kaga_portal/granian_logs.json" in line
    assert "--access-log " in line and "query" not in line
