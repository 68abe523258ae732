"""A notice's push messages to 6,000 devices in one process, against other senders.

``python bench/push_fanout.py [--quick]``

A loopback push service over TLS and HTTP/2 (granian) answers 201. Ours does everything: broadcast,
chunks, delivery rows, encryption, sending, answers written to PostgreSQL; the others only encrypt
and send. Rounds by turns, rates by medians; the service counts every message, so none may be
missing or double. Slow senders get fewer messages. The rate limit is lifted for the comparison (a
push service's limits are not what is measured) and as shipped for the 50 ms run.
"""

import argparse
import base64
import datetime
import ipaddress
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from cryptography import x509  # noqa: E402
from cryptography.hazmat.primitives import hashes  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.hazmat.primitives.serialization import (  # noqa: E402
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from bench.databases import shared_database  # noqa: E402
from bench.harness import ROOT, BenchServer, figure, median  # noqa: E402

NODE_PACKAGE = "web-push@3.6.7"
GOALS = {"pywebpush_async": 2.2, "node": 4.5, "pywebpush_session": 6.0, "pywebpush_loop": 20.0}
MESSAGES = {"ours": 6000, "pywebpush_async": 6000, "node": 3000, "pywebpush_session": 2000, "pywebpush_loop": 600}  # fmt: skip
SINK = ["granian", "--interface", "rsgi", "bench.push_sink:app", "--no-ws", "--host", "127.0.0.1",
        "--port", "{port}", "--workers", "1", "--log-level", "error"]  # fmt: skip
ENOUGH_S = 4.0


def main():
    options = _options()
    os.environ.update(PORTAL_MODE="test", DJANGO_SETTINGS_MODULE="kaga_portal.settings")
    shared_database()
    folder = Path(tempfile.mkdtemp(prefix="push-fanout-"))
    try:
        _compare(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(options, folder):
    certificate, key = _certificate(folder)
    names = [name for name in MESSAGES if name != "node" or _node(folder)]
    sink = [*SINK, "--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
    with TlsServer("push service", sink) as server:
        world = _world(folder, f"https://localhost:{server.port}", certificate)
        found = {name: [] for name in names}
        for number in range(options.rounds):
            for name in names if number % 2 else reversed(names):
                n = MESSAGES[name] // (3 if options.quick else 1)
                found[name].append(_run(world, name, n, 0, rate="1000000"))
        slow = [_run(world, "ours", 6000, 50, rate="1500") for _ in range(options.rounds)]
    for name, rates in found.items():
        print(f"{name:18} {median(rates):7.0f} /s  ({min(rates):.0f}–{max(rates):.0f})")
    for name, goal in GOALS.items():
        if name in found:
            ratios = [a / b for a, b in zip(found["ours"], found[name], strict=True)]
            figure(f"fanout_vs_{name}", median(found["ours"]), "msg/s", ratio=median(ratios), to=name, goal=goal)  # fmt: skip
    seconds = 6000 / median(slow)
    figure("fanout_6000_at_50ms", seconds, "s", ratio=ENOUGH_S / seconds, to="4_s", goal=1.0)


class TlsServer(BenchServer):
    """Up when it answers over TLS."""

    def _wait(self):
        self.count(patience=300)

    def count(self, patience=1):
        """{"n": messages since the last count, "unique": of them, different ones}."""
        unchecked = ssl._create_unverified_context()  # noqa: S323 - our own loopback
        for attempt in range(patience):
            try:
                url = f"https://localhost:{self.port}/count"
                with urllib.request.urlopen(url, context=unchecked, timeout=5) as answer:  # noqa: S310
                    return json.load(answer)
            except OSError:
                if attempt == patience - 1 or self.process.poll() is not None:
                    raise
                subprocess.run(["sleep", "0.1"], check=True)


def _run(world, name, n, wait_ms, *, rate):
    """Messages a second of one run; ends the bench if any was lost or doubled."""
    process = subprocess.run(
        [sys.executable, "-m", "bench.push_senders", name, str(world["file"]), str(n), str(wait_ms)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, **world["env"], "PUSH_START_RATE": rate},
    )  # fmt: skip
    if process.returncode:
        sys.exit(f"{name} ended with {process.returncode}")
    done = json.loads(process.stdout.splitlines()[-1])
    unchecked = ssl._create_unverified_context()  # noqa: S323 - our own loopback
    with urllib.request.urlopen(f"{world['origin']}/count", context=unchecked) as answer:  # noqa: S310
        counted = json.load(answer)
    if counted != {"n": n, "unique": n}:
        sys.exit(f"{name}: {n} messages were sent, {counted} came.")
    print(
        f"  {name} {n} in {done['seconds']:.2f} s{f' at {wait_ms} ms' if wait_ms else ''}",
        flush=True,
    )
    return n / done["seconds"]


def _world(folder, origin, certificate):
    key = ec.generate_private_key(ec.SECP256R1())
    private = _b64(key.private_numbers().private_value.to_bytes(32, "big"))
    public = _b64(_point(key))
    devices = [
        {
            "keys": {
                "p256dh": _b64(_point(ec.generate_private_key(ec.SECP256R1()))),
                "auth": _b64(os.urandom(16)),
            }
        }
        for _ in range(max(MESSAGES.values()))
    ]
    file = folder / "world.json"
    file.write_text(json.dumps({
        "origin": origin, "ca": str(certificate), "private": private, "public": public,
        "devices": devices, "node_modules": str(folder / "node_modules"),
    }))  # fmt: skip
    env = {"VAPID_PRIVATE_KEY": private, "VAPID_PUBLIC_KEY": public, "VAPID_SUBJECT": "mailto:a@example.org",
           "PUSH_SANDBOX_ORIGIN": origin, "PUSH_CA_FILE": str(certificate), "PUSH_MAX_RATE": "1000000", "PUSH_LANE": "1"}  # fmt: skip
    return {"origin": origin, "file": file, "env": env}


def _node(folder):
    """Whether node web-push is there, fetched into the bench's own folder."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("SKIP fanout_vs_node: node or npm is not installed")
        return False
    process = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), NODE_PACKAGE],
                          cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    if process.returncode:
        print(f"SKIP fanout_vs_node: {NODE_PACKAGE} could not be installed")
    return not process.returncode


def _certificate(folder):
    """(certificate, key): files of a certificate for localhost that is its own authority."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name.from_rfc4514_string("CN=localhost"),
    )
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])  # fmt: skip
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, private


def _point(key):
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a third of the messages, two rounds")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    return options


if __name__ == "__main__":
    main()
