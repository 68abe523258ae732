"""A push service that only counts, over TLS with HTTP/2: what a sender is measured against.

An ASGI application for granian. ``/50/…`` answers after 50 ms; GET /count tells and forgets.
"""

import asyncio
import json

seen = {}


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    path = scope["path"]
    if path == "/count":
        body = json.dumps({"n": sum(seen.values()), "unique": len(seen)}).encode()
        seen.clear()
        await _answer(send, 200, body)
        return
    if path == "/healthz":
        await _answer(send, 200, b"")
        return
    while (await receive()).get("more_body"):
        pass
    wait = path.split("/", 2)[1]
    if wait.isdigit() and wait != "0":
        await asyncio.sleep(int(wait) / 1000)
    seen[path] = seen.get(path, 0) + 1
    await _answer(send, 201, b"")


async def _answer(send, status, body):
    await send({"type": "http.response.start", "status": status, "headers": []})
    await send({"type": "http.response.body", "body": body})
