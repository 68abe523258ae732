"""Reads the body of an ASGI request within limits of size and time. No Django here."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any

from kaga_portal.body_buffers import BodyBudget, BodyBudgetExceeded, BufferedBody

READ_TIMEOUT_S = 20.0  # for any body; a network that pauses for some seconds is no attack
MIN_BYTES_PER_S = 16 * 1024  # minimum average rate of a larger body

Receive = Callable[[], Awaitable[dict[str, Any]]]


class BodyRefused(Exception):
    """The body is refused; ``status`` is the HTTP status."""

    def __init__(self, status: int):
        super().__init__(status)
        self.status = status


class ClientDisconnected(Exception):
    """The client disconnected before its body was complete."""


def declared_length(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """The bytes the head announces, 0 where there is no body, None where it does not say.

    Raises BodyRefused(400) for a length that is no number.
    """
    length: int | None = 0
    for name, value in headers:
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            if not value.isdigit():
                raise BodyRefused(400)
            length = int(value)
    return length


def time_limit_for(n_bytes: int) -> float:
    """How long a body of so many bytes may take to arrive."""
    return READ_TIMEOUT_S + n_bytes / MIN_BYTES_PER_S


async def read_body(
    receive: Receive, *, length: int | None, limit: int, budget: BodyBudget
) -> BufferedBody:
    """The whole body as a file at its beginning; the caller closes it.

    ``length`` is what the head announces, ``limit`` the maximum size. Raises BodyRefused: 413 for a
    larger body, 408 for one that arrives too slowly, 503 where ``budget`` or the disk is full; and
    ClientDisconnected.
    """
    if length is not None and length > limit:
        raise BodyRefused(413)
    body = BufferedBody(budget)
    try:
        if length != 0:
            await _fill(body, receive, length, limit)
    except BaseException as error:
        with suppress(OSError):  # a full disk: unwritten data does not matter
            body.close()
        if isinstance(error, BodyBudgetExceeded):
            raise BodyRefused(503) from error
        raise
    return body


async def _fill(body, receive, length, limit):
    try:
        async with asyncio.timeout(time_limit_for(limit if length is None else length)):
            await _copy(body, receive, length, limit)
    except TimeoutError as error:
        raise BodyRefused(408) from error
    body.rewind()


async def _copy(body, receive, length, limit):
    n_read = 0
    while n_read != length:
        message = await receive()
        if message["type"] != "http.request":
            raise ClientDisconnected
        part = message.get("body", b"")
        n_read += len(part)
        if n_read > limit:
            raise BodyRefused(413)
        body.keep(part)
        if not message.get("more_body"):
            break
    if length is not None and n_read < length:
        raise ClientDisconnected
