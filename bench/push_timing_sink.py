"""A push service that records when each device's message came, with faults on demand.

An RSGI application for granian. ``POST /push/N`` answers 201; with faults (``GET /falter``) one
device in fifty is gone, requests 1,000–1,400 meet a service that is down, 2,500–2,560 one that asks
for a pause of five seconds. ``GET /records`` returns the records and resets them.
"""

import json
import time

seen = {"n": 0, "falters": False, "first": {}, "double": 0}


async def app(scope, protocol):
    if scope.path == "/records":
        return protocol.response_str(200, [], json.dumps(_records()))
    if scope.path == "/falter":
        seen["falters"] = True
        return protocol.response_empty(204, [])
    await protocol()  # the body
    seen["n"] += 1
    status, headers = _trouble(scope.path, seen["n"]) if seen["falters"] else (201, [])
    if status == 201:
        seen["double"] += scope.path in seen["first"]
        seen["first"].setdefault(scope.path, time.time())
    return protocol.response_empty(status, headers)


def _trouble(path, n):
    if int(path.rsplit("/", 1)[1]) % 50 == 0:
        return 410, []
    if 1000 <= n < 1400:
        return 503, []
    return (429, [("retry-after", "5")]) if 2500 <= n < 2560 else (201, [])


def _records():
    records = {"came_at": sorted(seen["first"].values()), "double": seen["double"]}
    seen.update(n=0, falters=False, first={}, double=0)
    return records
