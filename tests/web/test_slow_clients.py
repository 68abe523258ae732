"""Slow and greedy clients against a real server: others are not affected."""

import time

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from kaga_portal.upload_limits import UPLOAD_LIMITS
from tests import factories
from tests.web.conftest import answers, first_line, talk

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]
HALF = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
UPLOAD = "/admin/roster/rosterimport/upload/"


def head(path, *more):
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", *more, "", ""]
    return "\r\n".join(lines).encode()


def session_of(user):
    """The cookie of somebody who is signed in; staff have used their second factor."""
    client = Client()
    factories.force_sign_in(client, user)
    return f"Cookie: {settings.SESSION_COOKIE_NAME}={client.session.session_key}"


def test_half_sent_forms_and_heads_hold_up_nobody(server):
    lines = [talk(server, HALF) for _ in range(50)]
    lines += [talk(server, b"GET / HTTP/1.1\r\nHo") for _ in range(200)]
    began = time.monotonic()
    assert all(answers(server) for _ in range(20))
    assert time.monotonic() - began < 5
    for line in lines:
        line.close()


@pytest.mark.parametrize("path", ["/", UPLOAD])
def test_600_mb_of_nobody_are_refused_at_the_head(server, path):
    with talk(server, head(path, "Content-Length: 600000000")) as line:
        assert "413" in first_line(line)


def test_what_is_not_announced_is_refused_once_it_is_too_much(server):
    with talk(server, head("/", "Transfer-Encoding: chunked")) as line:
        block = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        assert _is_cut_off(line, block, 40)
    assert answers(server)


def _is_cut_off(line, block, n_blocks):
    """Whether the server stops reading, or answers 413, before so many blocks are sent."""
    try:
        for _ in range(n_blocks):
            line.sendall(block)
        return "413" in first_line(line)
    except OSError:
        return True


def test_staff_bring_files_larger_than_anybody_else_may_send(server, cast):
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1
    cookie = session_of(cast.officer.user)
    fields = ("Content-Type: application/octet-stream", f"Content-Length: {size}", cookie)
    with talk(server, head(UPLOAD, *fields) + b"x" * size) as line:
        assert "403" in first_line(line)  # it was read, and then held no token of a form
    with talk(server, head("/", *fields)) as line:
        assert "413" in first_line(line)
    other = session_of(cast.sakura.user)
    with talk(server, head(UPLOAD, f"Content-Length: {size}", other)) as line:
        assert "413" in first_line(line)


def test_every_address_with_a_larger_limit_is_a_page_of_the_staff():
    known = {
        resolve(path).view_name
        for path in (
            UPLOAD,
            "/admin/linkage/datasource/00000000-0000-0000-0000-000000000000/bring/",
            "/admin/linkage/datasource/ways/grades/",
            "/admin/notices/supportorganisation/import/",
            "/admin/registration/guardianlist/bring/",
        )
    }
    assert known == set(UPLOAD_LIMITS)
