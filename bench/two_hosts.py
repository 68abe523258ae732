# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""What a second host's worker adds: the same work by one process and by two, by turns.

``python bench/two_hosts.py [--quick]``

Push messages of one broadcast, files of schools and the nightly rules are done by one worker, then
by two that share them. In between the same two processes do work without a database: what two cores
can show. The push service and the database are on the same machine, and so on the same cores.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import linkage_seed, triage_seed  # noqa: E402
from bench.databases import own_database  # noqa: E402
from bench.harness import ROOT, figure, median  # noqa: E402
from bench.push_fanout import SINK, TlsServer, _certificate, _world  # noqa: E402

FULL = {"devices": 6_000, "sources": 12, "students": 500, "days": 60, "night": 4_000, "rounds": 5}
QUICK = {"devices": 1_000, "sources": 4, "students": 100, "days": 20, "night": 300, "rounds": 2}
ALONE = 200_000  # records; about a second for one core
OF_NIGHTS = "cases_rulecheck, cases_sign, cases_supportcase"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="less of each, two rounds")
    size = QUICK if parser.parse_args().quick else FULL
    os.environ.update(PORTAL_MODE="test", DJANGO_SETTINGS_MODULE="kaga_portal.settings")
    with tempfile.TemporaryDirectory(prefix="two-hosts-") as name:
        folder = Path(name)
        certificate, key = _certificate(folder)
        sink = [*SINK, "--ssl-certificate", str(certificate), "--ssl-keyfile", str(key)]
        with TlsServer("push service", sink) as service:
            world = _world(folder, f"https://localhost:{service.port}", certificate)
            os.environ.update(
                world["env"],
                PUSH_START_RATE="1000000",
                SOURCE_URL=f"file:{folder}/in",
                LOG_LEVEL="WARNING",
            )
            with own_database("two_hosts"):
                measure(size, folder / "in", service, world)


def measure(size, inbox, service, world):
    """The three figures; the load of the machine beside them."""
    devices = json.loads(Path(world["file"]).read_text())["devices"][: size["devices"]]
    works = (
        ("fanout", "fanout", lambda: Fanout(world["origin"], devices, service)),
        ("link", "link", lambda: FilesToRead(size, inbox)),
        ("triage", "night", lambda: Night(size)),
    )
    with Workers() as workers:
        for name, verb, set_up in works:
            work, began = set_up(), os.getloadavg()[0]
            ours, bare, rates = _rounds(workers, verb, work, size["rounds"])
            print(
                f"{name}: two workers {_spread(ours)} of one, two processes without a database "
                f"{_spread(bare)} (load {began:.1f}–{os.getloadavg()[0]:.1f})",
                flush=True,
            )
            if name == "fanout":
                ratio, to, goal = median(ours), "one_worker", 1.8
            else:
                ratio = median([a / b for a, b in zip(ours, bare, strict=True)])
                to, goal = "two_without_database", 1.0
            figure(f"{name}_two", median(rates), work.unit, ratio=ratio, to=to, goal=goal)


def _rounds(workers, verb, work, n):
    """(how many times faster two workers were, the same without a database, rates of two)."""
    ours, bare, rates = [], [], []
    work.prepare()
    workers.do([verb], n=2)  # connections and plans
    work.check()
    for number in range(n):
        seconds = {}
        for n_workers in (1, 2) if number % 2 else (2, 1):
            work.prepare()
            seconds[n_workers] = workers.do([verb], n=n_workers)
            work.check()
            seconds[-n_workers] = workers.do(["alone", str(ALONE // n_workers)], n=n_workers)
        ours.append(seconds[1] / seconds[2])
        bare.append(seconds[-1] / seconds[-2])
        rates.append(work.n / seconds[2])
    return ours, bare, rates


def _spread(values):
    return f"{median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


class Workers:
    """Two processes of ``two_hosts_worker``; a context manager."""

    def __enter__(self):
        command = [sys.executable, "-m", "bench.two_hosts_worker"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._processes = [subprocess.Popen(command, cwd=ROOT, **pipes) for _ in range(2)]
        return self

    def __exit__(self, *_):
        for process in self._processes:
            process.stdin.close()
            process.wait(30)

    def do(self, words, *, n):
        """Seconds from the first's beginning to the last's end, of one or of both."""
        at_work = self._processes[:n]
        for process in at_work:
            process.stdin.write(" ".join(words) + "\n")
            process.stdin.flush()
        done = [json.loads(process.stdout.readline()) for process in at_work]
        return max(one["ended"] for one in done) - min(one["began"] for one in done)


class Fanout:
    """One broadcast to all devices: planned, sent, every row final."""

    unit = "msg/s"

    def __init__(self, origin, devices, service):
        from bench import push_seed

        self.n, self._service = len(devices), service
        self._city = push_seed.devices(
            [{"endpoint": f"{origin}/0/{n}", **device} for n, device in enumerate(devices)]
        )

    def prepare(self):
        from apps.push.audience import BroadcastAudience
        from apps.push.models import Broadcast
        from apps.push.services import broadcasts
        from bench import push_seed

        Broadcast.objects.all().delete()
        broadcasts.send_to_audience(
            BroadcastAudience(self._city), topic=os.urandom(16).hex(), path="/notices/x/",
            expires_at=push_seed.tomorrow(), is_urgent=True,
        )  # fmt: skip

    def check(self):
        counted = self._service.count()
        if counted != {"n": self.n, "unique": self.n}:
            sys.exit(f"{self.n} messages were asked for, {counted} came.")


class FilesToRead:
    """Some schools' files of attendance, read for the first time."""

    unit = "rows/s"

    def __init__(self, size, inbox):
        from apps.linkage.models import DataSource

        city, self.n = linkage_seed.seed_people(), 0
        for number in range(size["sources"]):
            school, people = linkage_seed.school(city, size["students"], "attendance")
            place = inbox / city.code / f"s{number}"
            self.n += linkage_seed.attendance(place, people, size["days"])
            an_hour_ago = time.time() - 3600
            os.utime(place / "attendance_daily.csv", (an_hour_ago, an_hour_ago))
            linkage_seed.source(city, school, "school_files", f"s{number}")
        self._sources = DataSource.objects.filter(municipality=city)

    def prepare(self):
        _truncate("linkage_linkedrecord, linkage_sourcefile")
        self._sources.update(cursor={}, next_at=None, stopped_at=None)

    def check(self):
        from apps.linkage.models import LinkedRecord

        if (found := LinkedRecord.objects.count()) != self.n:
            sys.exit(f"{self.n} rows are in the files, {found} were taken.")


class Night:
    """A month of facts of each student, and the rules."""

    unit = "students/s"

    def __init__(self, size):
        _truncate("linkage_linkedrecord, linkage_sourcefile")
        self.n = size["night"]
        triage_seed.seed_city(self.n)

    def prepare(self):
        from apps.cases.models import Rule

        _truncate(OF_NIGHTS)
        Rule.objects.update(swept_at=None)

    def check(self):
        from apps.cases.models import Sign

        if (found := Sign.objects.count()) < self.n // triage_seed.FLAGGED:
            sys.exit(
                f"One student in {triage_seed.FLAGGED} meets a rule, {found} signs were raised."
            )


def _truncate(tables):
    from tests.without_triggers import triggers_off

    with triggers_off() as cursor:
        cursor.execute(f"TRUNCATE {tables} CASCADE")
        cursor.execute("CHECKPOINT")


if __name__ == "__main__":
    main()
