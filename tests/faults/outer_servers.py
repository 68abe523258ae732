"""The push service and the LRS of a fault run: the stand-ins, which can turn hostile."""

import asyncio
import random
import threading
import time

from aiohttp import web

from tests.faults.whole_portal import free_port

DRIPS_FOR_S = 120
HANGS_S = 20
ILL = (500, 429, 403, 301, 0, -1)  # 0 hangs, -1 closes the connection


class OuterServers:
    """Both in one thread; ``push_is_hostile`` and ``lrs_drips`` are set by the fault injection."""

    def __init__(self, rng: random.Random, address: str = "127.0.0.1"):
        self._address = address
        self.push_is_hostile = self.lrs_drips = False
        self.n_ill, self.n_dripped = 0, 0
        self.push_port, self.lrs_port = free_port(), free_port()
        self._rng, self._loop, self._ready = rng, asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def push_origin(self) -> str:
        return f"http://{self._address}:{self.push_port}"

    @property
    def lrs_url(self) -> str:
        return f"http://{self._address}:{self.lrs_port}/xapi"

    def start(self) -> None:
        """Listen; Django must be set up."""
        self._thread.start()
        if not self._ready.wait(20):
            raise TimeoutError("the stand-ins do not listen")

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())
        self._loop.run_forever()

    async def _serve(self):
        from apps.sandbox import lrs, push_service  # noqa: PLC0415 - after Django is set up

        push, records = push_service.make_app(self.push_origin), lrs.application()
        push.middlewares.append(_middleware(self._as_push))
        records.middlewares.append(_middleware(self._as_lrs))
        for app, port in ((push, self.push_port), (records, self.lrs_port)):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, self._address, port).start()
        self._ready.set()

    async def _as_push(self, request, handler):
        if not (self.push_is_hostile and request.path.startswith("/push/")):
            return await handler(request)
        self.n_ill += 1
        status = self._rng.choice(ILL)
        await request.read()
        if status == 0:
            await asyncio.sleep(HANGS_S)
        if status == -1:
            request.transport.abort()
        headers = {429: {"Retry-After": "3"}, 301: {"Location": "/inside"}}.get(status)
        return web.Response(status=max(status, 500 if status <= 0 else status), headers=headers)

    async def _as_lrs(self, request, handler):
        if not (self.lrs_drips and request.method == "GET"):
            return await handler(request)
        self.n_dripped += 1
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        until = time.monotonic() + DRIPS_FOR_S
        while self.lrs_drips and time.monotonic() < until:
            await answer.write(b" ")
            await asyncio.sleep(1)
        return answer


def _middleware(behaviour):
    """A bound method as aiohttp takes it: only functions can be marked."""

    @web.middleware
    async def middleware(request, handler):
        return await behaviour(request, handler)

    return middleware
