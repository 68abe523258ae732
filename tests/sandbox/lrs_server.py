"""The stand-in LRS over real HTTP, in a thread of the test's process."""

import asyncio
import threading
from contextlib import contextmanager

from aiohttp import web
from django.conf import settings

from apps.core.network_addresses import origin_of
from apps.sandbox.lrs import application


@contextmanager
def serving(file, *, app=None):
    """The base URL (…/xapi) of an LRS whose statements are in ``file``; it is an allowed server."""
    loop, ready, base = asyncio.new_event_loop(), threading.Event(), []

    async def start():
        runner = web.AppRunner(app or application(str(file)), access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        base.append(f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}/xapi")
        ready.set()
        return runner

    def run():
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(start())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    listed, origin = settings.PRIVATE_SERVERS, origin_of(base[0])
    listed.append(origin)
    yield base[0]
    listed.remove(origin)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
