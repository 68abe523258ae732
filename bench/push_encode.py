"""Encrypting and signing one push message, against pywebpush and against the curve itself.

``python bench/push_encode.py [--quick]``

One pinned core; rounds of all sides by turns, medians; the same payload of 309 bytes and the
same 64 devices. pywebpush runs as a caller would call it, with a session that sends nothing.
One ECDH is what no sender can do without: ``openssl speed ecdhp256`` is the limit. Rates are a
second of the core's own time, as ``openssl speed`` counts it: what others do on it is not ours.
"""

import argparse
import base64
import os
import re
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("PORTAL_MODE", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")

from bench.in_process import set_up_django  # noqa: E402

set_up_django()

from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: E402
from py_vapid import Vapid  # noqa: E402
from pywebpush import webpush as py_webpush  # noqa: E402

from apps.push import webpush  # noqa: E402
from bench.harness import figure, median  # noqa: E402

SIZE, DEVICES = 309, 64
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/x"


def main():
    quick = _options().quick
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    n, rounds = (1000, 5) if quick else (4000, 11)
    sides = _sides()
    found = {name: [] for name in [*sides, "ecdh"]}
    for side in sides.values():
        _rate(side, 50)  # warm
    for number in range(rounds):
        order = list(sides.items())
        for name, side in order if number % 2 else reversed(order):
            found[name].append(_rate(side, n))
        found["ecdh"].append(_ecdh())
    for name, rates in found.items():
        print(f"{name:15} {median(rates):8.0f} /s  ({min(rates):.0f}–{max(rates):.0f})")
    for figure_name, to, goal in (
        ("encode_vs_pywebpush_object", "pywebpush_object", 1.8),
        ("encode_vs_pywebpush_string", "pywebpush_string", 2.1),
        ("encode_vs_ecdh", "ecdh", 0.36),
    ):
        ratios = [a / b for a, b in zip(found["ours"], found[to], strict=True)]
        figure(figure_name, median(found["ours"]), "msg/s", ratio=median(ratios), to=to, goal=goal)


def _sides():
    """{name: a function that encodes message number n}."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = _b64(key.private_numbers().private_value.to_bytes(32, "big"))
    public = _b64(_point(key))
    encoder = webpush.PushEncoder(private, public, "mailto:a@example.org")
    devices = [_device() for _ in range(DEVICES)]
    messages = [
        webpush.PushMessage(
            n, ENDPOINT, device["p256dh"], device["auth"], "t" * 32, _path(), 3600, is_short=True
        )
        for n, device in enumerate(devices)
    ]
    payload = webpush.build_payload(messages[0])
    if len(payload) != SIZE:
        sys.exit(f"The payload has {len(payload)} bytes, not {SIZE}.")
    vapid, session = Vapid.from_string(private), _Nowhere()

    def theirs(n, key):
        return py_webpush(
            {"endpoint": ENDPOINT, "keys": devices[n % DEVICES]}, payload, vapid_private_key=key,
            vapid_claims={"sub": "mailto:a@example.org"}, ttl=3600, requests_session=session,
        )  # fmt: skip

    return {
        "ours": lambda n: encoder.encode(messages[n % DEVICES]),
        "pywebpush_object": lambda n: theirs(n, vapid),
        "pywebpush_string": lambda n: theirs(n, private),
    }


class _Nowhere:
    """A session that answers 201 and sends nothing."""

    status_code, reason, text, headers = 201, "Created", "", {}

    def post(self, *_, **__):
        return self


def _path():
    bare = webpush.PushMessage(0, ENDPOINT, "", "", "t" * 32, "/", 0, is_short=True)
    return "/" + "x" * (SIZE - len(webpush.build_payload(bare)))


def _rate(side, n):
    began = time.process_time()
    for number in range(n):
        side(number)
    return n / (time.process_time() - began)


def _ecdh():
    output = subprocess.run(
        ["openssl", "speed", "-seconds", "1", "ecdhp256"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return float(re.search(r"nistp256\)\s+\S+\s+([\d.]+)", output)[1])


def _device():
    key = ec.generate_private_key(ec.SECP256R1())
    return {"p256dh": _b64(_point(key)), "auth": _b64(os.urandom(16))}


def _point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at most 20 seconds")
    return parser.parse_args()


if __name__ == "__main__":
    main()
