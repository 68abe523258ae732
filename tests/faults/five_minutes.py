"""Five minutes of a whole portal under people and faults: nothing accepted is lost.

``python -m tests.faults.five_minutes [--seconds 300] [--seed 1] [--late-after 60] [--few]``

Brings up a portal of its own (servers, web, three workers, beat, stand-ins), simulates people and
injects faults in an order that the seed gives, waits until everything has ended, and prints a
figure a line. Exit 1 where a rule is broken.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import threading
import time
from pathlib import Path

from apps.core.storage_aliases import SOURCES
from apps.vault.share_urls import folder_of
from tests.faults.conftest import Mailbox
from tests.faults.outer_servers import OuterServers
from tests.faults.response_counts import Tally
from tests.faults.whole_portal import Portal, Valkey, manage, prepare

CALM_S = 240  # after the last fault, until waiting work has ended: a run of a killed worker takes two minutes
UP_S = 120
LATE_AFTER_S = 60  # a beat of 15 s, and a killed worker's or beat's start


def say(line: str) -> None:
    """Print one line of the report, unbuffered."""
    print(line, flush=True)


def _say_when(line):
    say(f"{time.strftime('%H:%M:%S')} {line}")


def main() -> int:
    """Run it; 0 where every rule held."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    mailbox = Mailbox()
    threading.Thread(target=mailbox.serve_forever, daemon=True).start()
    folder = prepare(mailbox.url)
    outer = OuterServers(random.Random(f"outer-{options.seed}"))
    portal = Portal(folder)
    os.environ.update(
        PORTAL_URL=f"http://localhost:{portal.port}",
        LRS_SANDBOX_URL=outer.lrs_url,
        PUSH_SANDBOX_ORIGIN=outer.push_origin,
    )
    import django  # noqa: PLC0415 - its settings read the environment

    django.setup()
    _say_when(f"seed {options.seed}, {options.seconds} s, load {os.getloadavg()[0]:.1f}")
    try:
        return _run(options, portal, outer, mailbox)
    finally:
        if options.log:
            shutil.copy(folder / "portal.log", options.log)


def _run(options, portal, outer, mailbox):
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.core.files.storage import storages  # noqa: PLC0415

    from tests.faults import fault_injection, final_counts, report  # noqa: PLC0415
    from tests.faults.activity import Stream  # noqa: PLC0415
    from tests.faults.small_city import build_small_city  # noqa: PLC0415

    tally = Tally()
    outer.start()
    manage("migrate", "--verbosity", "0")
    manage("init_share_store", "--only-first", "--verbosity", "0")
    city = build_small_city(portal.port, tally, _say_when)
    inbox = Path(storages[SOURCES].location) / city.source.municipality.code / city.source.place
    stream = Stream(city, tally, inbox, portal.port, options.seed)
    world = fault_injection.World(
        portal, Valkey(), outer, _plain_url(), folder_of(settings.KEY_SHARES_URL), inbox,
        random.Random(options.seed),
    )  # fmt: skip
    with portal:
        report.wait_until_ready(portal.port, UP_S)
        _say_when("the portal is up")
        tally.began = time.monotonic()
        stream.start()
        try:
            faults = fault_injection.FEW if options.few else fault_injection.FAULTS
            fault_injection.inject(world, tally, tally.began + options.seconds, faults, say)
        finally:
            stream.finish()
        took = time.monotonic() - tally.began
        _say_when("no more faults")
        calm = report.wait_for_calm(options.calm)
        lines = [
            *report.about_faults(tally, portal, outer, took, calm, mailbox),
            *final_counts.count_all(tally, stream, options.late_after),
        ]
    for line in lines:
        say(str(line))
    n_broken = sum(line.broken for line in lines)
    say(f"{n_broken} rules broken" if n_broken else "every rule held")
    return 1 if n_broken else 0


def _plain_url():
    return os.environ["OWNER_DATABASE_URL"].replace("postgres://", "postgresql://")


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--late-after", type=float, default=LATE_AFTER_S, help="seconds")
    parser.add_argument("--calm", type=float, default=CALM_S, help="seconds at most, afterwards")
    parser.add_argument("--few", action="store_true", help="three kinds of fault only")
    parser.add_argument("--log", help="where to keep what the processes said")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
