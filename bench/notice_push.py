"""From the second person's POST to 6,000 devices: when their messages came, when every row was
final.

Used by notice_publish.py. A Celery worker of its own sends over TLS; it is woken on commit, and
every fifteen seconds as by the schedule. GOV.UK Notify promises 95 % within ten seconds.
"""

import hashlib
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time as clock
import urllib.request
from contextlib import contextmanager
from datetime import time
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.db import connection

from apps.core.clock import wake_worker
from apps.people.models import Student
from apps.push.models import (
    Broadcast,
    DeliveryState,
    PushDelivery,
    PushOrigin,
    PushSubscription,
    QuietHours,
)
from apps.push.webpush import vapid_key_id
from bench.harness import ROOT, BenchServer, figure
from bench.push_fanout import _b64, _certificate, _point

SINK = ["granian", "--interface", "rsgi", "bench.push_timing_sink:app", "--no-ws", "--host", "127.0.0.1",
        "--port", "{port}", "--workers", "1", "--log-level", "error"]  # fmt: skip
PROMISED_S, FINAL_S, SWEEP_S = 10, 15 * 60, 15


def measure(city, rounds, *, with_faults):
    """The two figures: 95 % of the messages without faults, every row final with faults."""
    QuietHours.objects.create(municipality=city.city, begins=time(0), ends=time(0))
    folder = Path(tempfile.mkdtemp(prefix="notice-push-"))
    try:
        certificate, key = _certificate(folder)
        tls = ["--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
        with Sink("push service", [*SINK, *tls]) as sink:
            _bind(city, sink.origin)
            _calm(city, sink, certificate, rounds)
            if with_faults:
                _foul(city, sink, certificate)
            else:
                print("SKIP notice_rows_final: the lease of a killed worker alone takes 75 s")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _calm(city, sink, certificate, rounds):
    found = []
    with _worker(sink.origin, certificate) as worker:
        _warm(city, sink, worker)
        for _ in range(rounds):
            Broadcast.objects.all().delete()
            began = clock.time()
            city.publish()
            _until_final(city.n, worker)
            came = sink.ask("records")["came_at"]
            if len(came) != city.n:
                sys.exit(f"{city.n} messages were asked for, {len(came)} came")
            found.append(came[int(len(came) * 0.95)] - began)
    print(f"95 % of {city.n:,} messages: {', '.join(f'{s:.2f}' for s in found)} s")
    worst = max(found)
    figure("notice_bells_95", worst, "s", ratio=PROMISED_S / worst, to="10_s", goal=1.0)


def _foul(city, sink, certificate):
    """The service is down, throttles, loses devices; the worker is killed in the middle."""
    with _worker(sink.origin, certificate) as killed:
        Broadcast.objects.all().delete()
        sink.ask("falter")
        began = clock.monotonic()
        city.publish()
        accepted = PushDelivery.objects.filter(state=DeliveryState.ACCEPTED)
        _until(lambda: accepted.count() >= 200, killed)
        os.killpg(killed.pid, signal.SIGKILL)
    with _worker(sink.origin, certificate) as worker:
        _until_final(city.n, worker)
    seconds, records = clock.monotonic() - began, sink.ask("records")
    counted = {
        str(state): PushDelivery.objects.filter(state=state).count() for state in DeliveryState
    }
    print(f"under faults: {counted}, {records['double']} came twice, {seconds:.0f} s")
    if counted["accepted"] != len(records["came_at"]) or counted["failed"]:
        sys.exit("a message was lost")
    figure("notice_rows_final", seconds, "s", ratio=FINAL_S / seconds, to="15_min", goal=1.0)


def _warm(city, sink, worker):
    """Warm up a new worker, its connections and code, with one notice."""
    Broadcast.objects.all().delete()  # what was published for the other figures
    city.publish()
    _until_final(city.n, worker)
    sink.ask("records")


def _until_final(n, worker):
    """Wait for ``n`` deliveries, none of them waiting; wake the worker as the schedule does."""
    _until(
        lambda: (
            PushDelivery.objects.exclude(state=DeliveryState.PENDING).count() >= n
            and not Broadcast.objects.filter(finished_at=None).exists()
        ),
        worker,
    )


def _until(is_so, worker):
    until, sweep = clock.monotonic() + FINAL_S, clock.monotonic() + SWEEP_S
    while not is_so():
        if worker.poll() is not None:
            sys.exit(f"the worker ended with {worker.returncode}")
        if clock.monotonic() > until:
            sys.exit("rows were not final after 15 minutes")
        if clock.monotonic() > sweep:
            sweep += SWEEP_S
            wake_worker("push.deliver_due")
        clock.sleep(0.1)


class Sink(BenchServer):
    """Up when it answers over TLS; asked over it."""

    @property
    def origin(self):
        return f"https://localhost:{self.port}"

    def ask(self, what):
        """The JSON of one of its pages."""
        unchecked = ssl._create_unverified_context()  # noqa: S323 - our own loopback
        url = f"{self.origin}/{what}"
        with urllib.request.urlopen(url, context=unchecked, timeout=5) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def _wait(self):
        for _ in range(300):
            try:
                return self.ask("records")
            except OSError:
                clock.sleep(0.1)
        raise TimeoutError("the push service does not answer")


@contextmanager
def _worker(origin, certificate):
    """A Celery worker on this bench's database; only its own process group is killed."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = {"DATABASE_URL": url.geturl(), "PUSH_SANDBOX_ORIGIN": origin, "PUSH_CA_FILE": str(certificate)}  # fmt: skip
    running = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "kaga_portal", "worker", "--concurrency", "1",
         "--without-mingle", "--without-gossip", "--without-heartbeat"],
        cwd=ROOT, env={**os.environ, **environment}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running
    finally:
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(running.pid, sign)
                running.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue


def _bind(city, origin):
    """One device for every student of the city."""
    line = PushOrigin.objects.create(origin=origin)
    users = Student.objects.filter(municipality=city.city).values_list("user", "school")
    PushSubscription.objects.bulk_create(
        PushSubscription(
            municipality=city.city, school_id=school, user_id=user, origin=line,
            endpoint=f"{origin}/push/{number}", auth=_b64(os.urandom(16)),
            endpoint_sha256=hashlib.sha256(f"{origin}/push/{number}".encode()).digest(),
            p256dh=_b64(_point(ec.generate_private_key(ec.SECP256R1()))),
            vapid_key=vapid_key_id(settings.VAPID_PUBLIC_KEY),
        )
        for number, (user, school) in enumerate(users)
    )  # fmt: skip
