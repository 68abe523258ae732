"""The stand-in push service on loopback, really listening."""

import asyncio
import socket
import threading

import pytest
import requests
import time_machine
from aiohttp import web

from apps.push.services import broadcasts
from apps.sandbox.push_service import make_app
from tests.push.broadcast_helpers import NOON


class Service:
    """The stand-in's URL, and queries of it."""

    def __init__(self, origin):
        self.origin = origin

    def device_of(self, user):
        subscription = requests.post(f"{self.origin}/subscriptions", timeout=5).json()
        return broadcasts.subscribe(
            user,
            subscription["endpoint"],
            subscription["keys"]["p256dh"],
            subscription["keys"]["auth"],
        )

    def answer(self, device, status, body="", **headers):
        """Set the answer to one device from now on (201: normal)."""
        fault = {"status": status, "headers": headers, "body": body}
        self.tell(device, {} if status == 201 else fault)

    def tell(self, device, script):
        name = device.endpoint.rsplit("/", 1)[1]
        requests.put(f"{self.origin}/subscriptions/{name}/script", json=script, timeout=5)

    def messages(self):
        return requests.get(f"{self.origin}/messages", timeout=5).json()

    def sizes(self):
        """The bodies' sizes of all that came, in bytes, in order."""
        return requests.get(f"{self.origin}/log", timeout=5).json()["sizes"]

    def visits_inside(self):
        return requests.get(f"{self.origin}/log", timeout=5).json()["inside"]


@pytest.fixture
def push_service(settings):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def serve():
        runner = web.AppRunner(make_app(origin))
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        ready.set()
        return runner

    def run():
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    settings.PUSH_SANDBOX_ORIGIN = origin
    yield Service(origin)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


@pytest.fixture
def daytime():
    """A school day at noon; not for tests with processes of their own, which have the real time."""
    with time_machine.travel(NOON) as clock:
        yield clock
