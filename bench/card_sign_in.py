"""What a student's sign-in by card and PIN costs: CPU of the web processes for the PIN's POST.

``python bench/card_sign_in.py [--quick]``

Each card has been used before. The codes are posted and the forms fetched first; measured is the
POST that compares the PIN (Argon2id over its keyed digest), begins the session and redirects.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkin_submit import GRANIAN  # noqa: E402
from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, answer_of, cpu_seconds, figure  # noqa: E402
from bench.school_morning import PIN, TOKEN, Tablet  # noqa: E402

GOAL_MS = 25


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="60 students instead of 300")
    n = 60 if parser.parse_args().quick else 300
    shared_database()
    codes = answer_of("bench.checkin_seed", "cards", n)["codes"]
    with BenchServer("portal", GRANIAN) as portal:
        for code in codes:
            _enter(portal.port, code)  # chooses the PIN
        ready = [_ready(portal.port, code) for code in codes]
        before = cpu_seconds(portal.processes())
        for tablet, form in ready:
            _post(tablet, form)
        each_ms = (cpu_seconds(portal.processes()) - before) / n * 1000
    figure("card_sign_in", each_ms, "ms", ratio=GOAL_MS / each_ms, to="25_ms", goal=1.0)


def _enter(port, code):
    _post(*_ready(port, code))


def _ready(port, code):
    """(a tablet that has posted the code, the form data it will post)."""
    tablet = Tablet(port)
    _, page, _ = tablet.ask("GET", "/c/")
    tablet.ask("POST", "/card/", {"csrfmiddlewaretoken": TOKEN.search(page)[1], "code": code})
    _, page, _ = tablet.ask("GET", "/card/pin/")
    return tablet, {"csrfmiddlewaretoken": TOKEN.search(page)[1], "pin": PIN, "again": PIN}


def _post(tablet, form):
    status, _, to = tablet.ask("POST", "/card/pin/", form)
    tablet.line.close()
    if (status, to) != (302, "/"):
        raise SystemExit(f"the card: {status}")


if __name__ == "__main__":
    main()
