"""A push service that only counts, over TLS with HTTP/2: what a sender is measured against.

An RSGI application for granian, as light as Python allows: it shares the machine with the sender.
``/50/…`` answers after 50 ms; GET /count returns the count and resets it.
"""

import asyncio
import json

seen = {}


async def app(scope, protocol):
    path = scope.path
    if path == "/count":
        counts = json.dumps({"n": sum(seen.values()), "unique": len(seen)})
        seen.clear()
        protocol.response_str(200, [], counts)
        return
    await protocol()  # the body
    wait = path.split("/", 2)[1]
    if wait != "0":
        await asyncio.sleep(int(wait) / 1000)
    seen[path] = seen.get(path, 0) + 1
    protocol.response_empty(201, [])
