"""Runs a WSGI application behind an ASGI server and gives it a thread only for complete requests.

Slow or hostile clients wait in the server's event loop, where thousands can wait; a thread is taken
when the body is complete, and is free again before the response is sent.
"""

import asyncio
import logging
import re
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from kaga_portal.body_buffers import BodyBudget
from kaga_portal.request_bodies import BodyRefused, ClientDisconnected, declared_length, read_body

log = logging.getLogger(__name__)
UNPREFIXED_HEADERS = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}
# Not believed: what is sent to us is UTF-8. Django decodes with any codec of Python that is named
# here, also where it reads no text ("hex").
CHARSET = re.compile(r";\s*charset[^=;]*(?:=[^;]*)?", re.IGNORECASE)
REFUSAL_SENTENCES = {
    400: "送られた内容が読めません。",
    408: "送る途中で時間がかかりすぎました。通信を確かめて、もう一度送ってください。",
    413: "送られたものが大きすぎるため、受け取れません。",
    500: "申し訳ありません。エラーが起きました。時間をおいて、もう一度お試しください。",
    503: "いま混み合っているため、受け取れません。少し待って、もう一度送ってください。",
}
REFUSAL_PAGE = (
    '<!doctype html><html lang="ja"><meta charset="utf-8"><title>{0}</title><p>{0}</p></html>'
)
REFUSAL_CSP = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
WsgiResponse = tuple[int, list[tuple[str, str]], bytes]


class BufferedWsgi:
    """The ASGI application.

    ``limit_for(environ)`` is called in a worker thread for the maximum size of a body larger than
    ``default_limit``; smaller ones are read without it. All present bodies fit into ``budget``.
    ``headers`` are added to refusals that the application does not see; ``note_refused(environ)``
    is called in such a thread for a body that was too large.
    """

    def __init__(
        self,
        application: Callable,
        *,
        default_limit: int,
        limit_for: Callable[[dict[str, Any]], int],
        threads: int = 1,
        budget: BodyBudget | None = None,
        headers: Sequence[tuple[str, str]] = (),
        note_refused: Callable[[dict[str, Any]], None] | None = None,
    ):
        self._headers, self._note_refused = list(headers), note_refused
        self._budget = budget or BodyBudget()
        self._application, self._limit_for = application, limit_for
        self._default_limit = default_limit
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="web")
        self._is_multithread = threads > 1

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            return
        environ = None
        try:
            environ = make_environ(scope, is_multithread=self._is_multithread)
            answer = await self._answer(environ, scope, receive)
        except BodyRefused as refusal:
            status, headers, content = refusal_page(refusal.status)
            await _send(send, status, [*headers, *self._headers], content)
            if status == 413 and environ and self._note_refused:
                await self._in_thread(self._note_refused, environ)
            return
        except ClientDisconnected:
            return
        await _send(send, *answer)

    async def _answer(self, environ, scope, receive) -> WsgiResponse:
        length = declared_length(scope["headers"])
        limit = self._default_limit
        if length is None or length > limit:
            limit = await self._in_thread(self._limit_for, environ)
        with await read_body(receive, length=length, limit=limit, budget=self._budget) as body:
            if length is None:
                environ["CONTENT_LENGTH"] = str(body.seek(0, 2))
                body.seek(0)
            environ["wsgi.input"] = body
            return await self._in_thread(call_wsgi, self._application, environ)

    async def _in_thread(self, function, *args):
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, function, *args)
        except Exception as error:
            log.exception("a request ended with an error outside the portal")
            raise BodyRefused(500) from error


def make_environ(scope, *, is_multithread: bool) -> dict[str, Any]:
    """The WSGI environ of an HTTP scope, without its body (PEP 3333)."""
    environ = {
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "REQUEST_METHOD": scope["method"],
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": scope["server"][0],
        "SERVER_PORT": str(scope["server"][1]),
        "REMOTE_ADDR": (scope["client"] or ("", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": is_multithread,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name or name == b"transfer-encoding":
            continue  # X_Forwarded_For would pass for X-Forwarded-For; the body is already read
        key = UNPREFIXED_HEADERS.get(name) or "HTTP_" + _variable(name)
        text = value.decode("latin-1")
        between = "; " if name == b"cookie" else ","
        environ[key] = f"{environ[key]}{between}{text}" if key in environ else text
    if "CONTENT_TYPE" in environ:
        environ["CONTENT_TYPE"] = CHARSET.sub("", environ["CONTENT_TYPE"])
    return environ


def call_wsgi(application: Callable, environ: dict[str, Any]) -> WsgiResponse:
    """The complete response of the WSGI application."""
    started: list = []

    def start_response(status, headers, exc_info=None):
        started[:] = [int(status.split(" ", 1)[0]), headers]

    parts = application(environ, start_response)
    try:
        content = b"".join(parts)
    finally:
        if hasattr(parts, "close"):
            parts.close()
    return started[0], started[1], content


def refusal_page(status: int) -> WsgiResponse:
    """A page that says in one sentence why the request was refused; the connection is closed."""
    sentence = REFUSAL_SENTENCES.get(status, HTTPStatus(status).phrase)
    content = REFUSAL_PAGE.format(sentence).encode()
    headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Length", str(len(content))),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", REFUSAL_CSP),
        ("Referrer-Policy", "same-origin"),
        ("X-Content-Type-Options", "nosniff"),
        ("Connection", "close"),
    ]
    return status, headers, content


def _variable(name: bytes) -> str:
    return name.decode("latin-1").upper().replace("-", "_")


async def _send(send, status, headers, content):
    encoded = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})
