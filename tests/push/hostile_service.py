"""A push service of which some devices answer with anything but 201; really listening."""

import asyncio
import socket
import threading
from collections import Counter

import pytest
from aiohttp import web

LONG = {"Retry-After": "86400"}
# The statuses for a device, in order; the last one stays. 0: hangs, -1: closes the connection.
DELIVERABLE = {
    "well": [201],
    "once500": [500, 201],
    "once429": [429, 201],
    "once413": [413, 201],
    "oncehang": [0, 201],
    "oncereset": [-1, 201],
}
UNDELIVERABLE = {
    "moved": [301], "bad": [400], "refused": [403], "lost": [404], "gone": [410], "large": [413],
    "throttled": [429], "broken": [500], "hanging": [0], "cut": [-1],
}  # fmt: skip
BEHAVIOURS = {**DELIVERABLE, **UNDELIVERABLE}


class HostileService:
    """Its URL, and how often each device was asked. Paths: /push/<behaviour>/<number>."""

    def __init__(self):
        self.n_requests = Counter()
        self.accepted = Counter()
        self.origin = ""

    async def answer(self, request):
        behaviour, path = request.match_info["way"], request.path
        await request.read()
        answers = BEHAVIOURS[behaviour]
        status = answers[min(self.n_requests[path], len(answers) - 1)]
        self.n_requests[path] += 1
        if status == 0:
            await asyncio.sleep(30)
        if status == -1:
            request.transport.abort()
        if status == 201:
            self.accepted[path] += 1
        return web.Response(status=max(status, 200), headers=self._headers(status))

    def _headers(self, status):
        if status == 301:
            return {"Location": f"{self.origin}/push/well/inside"}
        return LONG if status == 429 else {}


@pytest.fixture
def hostile_service(settings, monkeypatch):
    """Serves in a thread; a hanging answer is given up after two seconds."""
    monkeypatch.setattr("apps.push.transport.TOTAL_TIMEOUT_S", 2)
    monkeypatch.setattr("apps.push.transport.ISOLATED_TIMEOUT_S", 1)
    monkeypatch.setattr("apps.push.transport._transports", {})
    service = HostileService()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    service.origin = settings.PUSH_SANDBOX_ORIGIN = f"http://127.0.0.1:{port}"
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve():
        app = web.Application()
        app.router.add_post("/push/{way}/{number}", service.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, backlog=512).start()
        ready.set()
        return runner

    def run():
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    yield service
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
