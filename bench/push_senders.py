"""The senders that are compared, each in a process of its own: prints {"n": …, "seconds": …}.

``python -m bench.push_senders NAME FILE N WAIT_MS``: FILE holds origin, certificate, VAPID keys
and devices. What is measured begins with the first message and ends with the last answer.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path

TEXT = json.dumps({"web_push": 8030, "notification": {"title": "お知らせが 1つ あります", "tag": "t" * 32}})  # fmt: skip
CLAIMS = {"sub": "mailto:a@example.org"}
IN_FLIGHT = 100


def main():
    name, file, n, wait_ms = sys.argv[1:5]
    world = json.loads(Path(file).read_text())
    os.environ["REQUESTS_CA_BUNDLE"] = world["ca"]
    targets = [
        {"endpoint": f"{world['origin']}/{wait_ms}/{number}", "keys": device["keys"]}
        for number, device in enumerate(world["devices"][: int(n)])
    ]
    seconds = SENDERS[name](world, targets, wait_ms)
    print(json.dumps({"n": len(targets), "seconds": seconds}))


def ours(world, targets, wait_ms):
    """Everything: one broadcast planned, its rows written, sent, responses saved."""

    from bench.in_process import set_up_django  # noqa: PLC0415

    set_up_django()
    from apps.core.clock import wake_worker  # noqa: PLC0415
    from apps.push.audience import BroadcastAudience  # noqa: PLC0415
    from apps.push.services import broadcasts  # noqa: PLC0415
    from bench import push_seed  # noqa: PLC0415

    city = push_seed.devices(targets)
    broadcasts.deliver_due()  # a worker lives long: its connections to database and broker are there
    wake_worker("push.deliver_due")
    began = time.perf_counter()
    broadcast = broadcasts.send_to_audience(
        BroadcastAudience(city), topic=os.urandom(16).hex(), path="/notices/x/",
        expires_at=push_seed.tomorrow(), is_urgent=True,
    )  # fmt: skip
    while not push_seed.is_over(broadcast):
        broadcasts.deliver_due()
    seconds = time.perf_counter() - began
    found = broadcasts.broadcast_progress(broadcast)
    if found["n_accepted"] != len(targets):
        sys.exit(f"not all were accepted: {found}")
    return seconds


def pywebpush_loop(world, targets, wait_ms):
    """The README's loop."""
    from pywebpush import webpush  # noqa: PLC0415

    began = time.perf_counter()
    for target in targets:
        webpush(
            target, TEXT, vapid_private_key=world["private"], vapid_claims=dict(CLAIMS), ttl=3600
        )
    return time.perf_counter() - began


def pywebpush_session(world, targets, wait_ms):
    """The loop with one requests.Session and a key object."""
    import requests  # noqa: PLC0415
    from py_vapid import Vapid  # noqa: PLC0415
    from pywebpush import webpush  # noqa: PLC0415

    key, session = Vapid.from_string(world["private"]), requests.Session()
    began = time.perf_counter()
    for target in targets:
        webpush(target, TEXT, vapid_private_key=key, vapid_claims=dict(CLAIMS), ttl=3600,
                requests_session=session)  # fmt: skip
    return time.perf_counter() - began


def pywebpush_async(world, targets, wait_ms):
    """pywebpush's own async call, one shared session, 100 in flight, a key object."""
    import ssl  # noqa: PLC0415

    import aiohttp  # noqa: PLC0415
    from py_vapid import Vapid  # noqa: PLC0415
    from pywebpush import webpush_async  # noqa: PLC0415

    key = Vapid.from_string(world["private"])

    async def run():
        gate = asyncio.Semaphore(IN_FLIGHT)
        connector = aiohttp.TCPConnector(
            limit=IN_FLIGHT, ssl=ssl.create_default_context(cafile=world["ca"])
        )
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one(target):
                async with gate:
                    await webpush_async(target, TEXT, vapid_private_key=key,
                                        vapid_claims=dict(CLAIMS), ttl=3600, aiohttp_session=session)  # fmt: skip

            began = time.perf_counter()
            await asyncio.gather(*map(one, targets))
            return time.perf_counter() - began

    return asyncio.run(run())


def node(world, targets, wait_ms):
    """node web-push with a keep-alive agent, 100 in flight."""
    job = json.dumps({"targets": targets, "text": TEXT, "public": world["public"],
                      "private": world["private"], "inFlight": IN_FLIGHT})  # fmt: skip
    process = subprocess.run(
        ["node", str(Path(__file__).with_name("push_node.cjs"))], input=job, text=True, check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "NODE_PATH": world["node_modules"], "NODE_EXTRA_CA_CERTS": world["ca"]},
    )  # fmt: skip
    return float(process.stdout)


SENDERS = {
    sender.__name__: sender
    for sender in (ours, pywebpush_loop, pywebpush_session, pywebpush_async, node)
}

if __name__ == "__main__":
    main()
