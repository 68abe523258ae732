"""A check-in submitted to the portal, against floor A (bench/floor_a) on the same database.

``python bench/checkin_submit.py [--quick] [--students N] [--rounds N] [--seconds S]``

Both servers run two web processes; eight connections send real forms (own client key, CSRF
token, session); rounds alternate so that a noisy neighbour meets both. Every answer is checked,
and afterwards every acknowledged check-in is counted in the database. CPU is that of the web
processes, PostgreSQL's and valkey's.
"""

import argparse
import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import ROOT, Server, family, figure, load, median, percentile  # noqa: E402
from kaga_portal import embedded  # noqa: E402

CSRF = "b" * 32
GRANIAN = [
    "granian", "--interface", "wsgi", "kaga_portal.wsgi:application", "--no-ws",
    "--host", "127.0.0.1", "--port", "{port}", "--workers", "2", "--blocking-threads", "1",
    "--log-level", "error",
]  # fmt: skip
GUNICORN = [
    "gunicorn", "bench.floor_a.wsgi", "--workers", "2", "--worker-class", "sync",
    "--bind", "127.0.0.1:{port}", "--log-level", "error",
]  # fmt: skip


def main():
    options = _options()
    os.environ["KAGA_INSTANCE"] = "bench"
    place = embedded.Place("bench")
    embedded.ensure("bench")
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, check=True
    )
    ours = _json("bench.checkin_seed", options.students)
    floor = _json("bench.floor_a.seed", options.students)
    with (
        Server("portal", GRANIAN) as portal,
        Server("floor A", GUNICORN) as reference,
    ):
        found = compare(options, place, (portal, ours), (reference, floor))
    report(found)
    counted = _json("bench.checkin_seed", "count", ours["municipality"])
    sent = sum(each.n for each in found["portal"]) + found["warm"]
    if counted != sent:
        sys.exit(f"{sent} check-ins were acknowledged, {counted} are kept.")


def compare(options, place, portal, reference):
    """Rounds by turns: {"portal": [Round], "floor": [Round], "warm": check-ins of the warm-up}."""
    daemons = [
        int((place.pgdata / "postmaster.pid").read_text().split()[0]),
        int((place.redis_data / "valkey.pid").read_text()),
    ]
    sides = {"portal": (portal[0], _our_form(portal[1])), "floor": (reference[0], _floor_form(reference[1]))}  # fmt: skip
    found = {"portal": [], "floor": []}
    found["warm"] = [_round(*sides[name], daemons, 1.0).n for name in ("floor", "portal")][1]
    for number in range(options.rounds):
        names = ("portal", "floor") if number % 2 else ("floor", "portal")
        for name in names:
            found[name].append(_round(*sides[name], daemons, options.seconds))
    return found


def _round(server, make_request, daemons, seconds):
    def watched():
        return [*server.processes(), *(p for pid in daemons for p in family(pid))]

    done = load(server.port, make_request, b"/checkin/done/", seconds=seconds, watched=watched)
    if done.problems or not done.n:
        sys.exit(f"{server.name} answered: {done.problems[:1]}")
    return done


def report(found):
    """The two figures, and the rounds behind them."""
    portal, floor = found["portal"], found["floor"]
    for ours, theirs in zip(portal, floor, strict=True):
        print(
            f"portal {ours.rps:7.1f} req/s {ours.cpu_ms:.2f} ms CPU p95 {percentile(ours.latencies, 0.95):5.1f} ms"
            f" | floor A {theirs.rps:7.1f} req/s {theirs.cpu_ms:.2f} ms CPU p95 {percentile(theirs.latencies, 0.95):5.1f} ms"
        )
    rps = [a.rps / b.rps for a, b in zip(portal, floor, strict=True)]
    cpu = [b.cpu_ms / a.cpu_ms for a, b in zip(portal, floor, strict=True)]
    figure("checkin_submit_rps", median([r.rps for r in portal]), "req/s",
           ratio=median(rps), to="floor_a", goal=2.0)  # fmt: skip
    figure("checkin_submit_cpu", median([r.cpu_ms for r in portal]), "ms",
           ratio=median(cpu), to="floor_a", goal=2.4)  # fmt: skip


def _our_form(seeded):
    questions = f"&question_set={seeded['question_set']}"
    return _form(seeded["sessions"], questions)


def _floor_form(sessions):
    return _form(sessions, "")


def _form(sessions, more):
    def make(connection, n):
        session = sessions[(connection + n * 8) % len(sessions)]
        body = (
            f"csrfmiddlewaretoken={CSRF}&client_key={uuid.uuid4()}{more}"
            f"&mood={n % 5}&body={n % 3}&sleep={n % 3}&talk=0&words="
        )
        return (
            "POST /checkin/ HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: sessionid={session}; csrftoken={CSRF}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return make


def _json(module, *args):
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, args)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at most 50 seconds")
    parser.add_argument("--students", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    defaults = (16, 3, 3.0) if options.quick else (64, 7, 8.0)
    for name, value in zip(("students", "rounds", "seconds"), defaults, strict=True):
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


if __name__ == "__main__":
    main()
