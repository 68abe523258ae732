"""Submitted check-ins, against floor A (bench/floor_a) on the same database.

``python bench/checkin_submit.py [--quick] [--students N] [--rounds N] [--seconds S]``

What a tablet does (a sealed answer with its ticket, alone and fifty at once), what it does
without JavaScript (the form with session and token), and the page that asks. Both servers run
two web processes; eight connections send; rounds alternate so that a noisy neighbour meets all.
A third server is the portal without row-level security (bench/unguarded). Every answer is checked,
and afterwards every acknowledged check-in is counted in the database.
CPU is that of the web processes, PostgreSQL's and valkey's.
"""

import argparse
import sys
import tempfile
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, answer_of, family, figure, load, median, percentile  # noqa: E402
from kaga_portal import embedded, web_server  # noqa: E402

CSRF = "b" * 32
CONNECTIONS, BATCH = 8, 50
MOST_PER_SECOND = 1500  # sealed answers prepared for a second of load, alone
MOST_BATCHES = 260
GRANIAN = [*web_server.server_arguments("{port}")[1:], "--log-level", "error"]  # as in production
UNGUARDED = {"DJANGO_SETTINGS_MODULE": "bench.unguarded.settings"}
GUNICORN = [
    "gunicorn", "bench.floor_a.wsgi", "--workers", "2", "--worker-class", "sync",
    "--bind", "127.0.0.1:{port}", "--log-level", "error",
]  # fmt: skip


class Pool:
    """Sealed answers, each taken once; ``used`` are those that were sent."""

    def __init__(self, items):
        self._items, self.used = iter(items), 0

    def take(self, n):
        """The next ``n`` as one request's bytes (list.pop and next are atomic enough: the GIL)."""
        items = [next(self._items) for _ in range(n)]
        self.used += n
        body = f'{{"items": [{", ".join(items)}]}}'
        return (
            "POST /checkin/deliver/ HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


class Lane:
    """One kind of request to one server: how to make it, and what the head of its response must
    contain.
    """

    def __init__(self, server, make, expected, items=1):
        self.server, self.make, self.expected, self.items = server, make, expected, items
        self.rounds = []

    def run(self, daemons, seconds):
        def watched():
            return [*self.server.processes(), *(p for pid in daemons for p in family(pid))]

        done = load(
            self.server.port, self.make, self.expected,
            seconds=seconds, connections=CONNECTIONS, watched=watched,
        )  # fmt: skip
        if done.problems or not done.n:
            sys.exit(f"{self.server.name} answered: {done.problems[:1]}")
        return done


def main():
    options = _options()
    shared_database()
    place = embedded.ServerFolders("bench")
    seconds = options.rounds * options.seconds + 1
    n_sealed = int(seconds * (2 * MOST_PER_SECOND + MOST_BATCHES * BATCH))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sealed"
        ours = answer_of("bench.checkin_seed", options.students, n_sealed, file)
        pool = Pool(file.read_text().splitlines())
    floor = answer_of("bench.floor_a.seed", options.students)
    with (
        BenchServer("portal", GRANIAN) as portal,
        BenchServer("unguarded portal", GRANIAN, UNGUARDED) as unguarded,
        BenchServer("floor A", GUNICORN) as reference,
    ):
        lanes = _lanes(portal, reference, ours, floor, pool) | {
            "no_rls": Lane(unguarded, lambda *_: pool.take(1), b"200 OK"),
            "no_rls_page": Lane(unguarded, _get("/checkin/", ours["sessions"]), b"200 OK"),
        }
        _run(lanes, _daemons(place), options)
    report(lanes)
    counted = answer_of("bench.checkin_seed", "count", ours["municipality"])
    sent = pool.used + sum(each.n for each in lanes["form"].rounds)
    if counted != sent:
        sys.exit(f"{sent} check-ins were acknowledged, {counted} are kept.")


def _lanes(portal, reference, ours, floor, pool):
    form = f"&question_set={ours['question_set']}"
    return {
        "ticket": Lane(portal, lambda *_: pool.take(1), b"200 OK"),
        "floor": Lane(reference, _form(floor, ""), b"/checkin/done/"),
        "batch": Lane(portal, lambda *_: pool.take(BATCH), b"200 OK", BATCH),
        "form": Lane(portal, _form(ours["sessions"], form), b"/checkin/done/"),
        "page": Lane(portal, _get("/checkin/", ours["sessions"]), b"200 OK"),
        "bare": Lane(reference, _get("/checkin/form/", floor), b"200 OK"),
    }


def _run(lanes, daemons, options):
    """The rounds, alternating; the first, short one of each lane warms up (its check-ins count)."""
    for lane in lanes.values():
        lane.warm = lane.run(daemons, 1.0)
    for number in range(options.rounds):
        for name in sorted(lanes, reverse=bool(number % 2)):
            lanes[name].rounds.append(lanes[name].run(daemons, options.seconds))
    lanes["form"].rounds.append(lanes["form"].warm)


def _daemons(place):
    return [
        int((place.pgdata / "postmaster.pid").read_text().split()[0]),
        int((place.redis_data / "valkey.pid").read_text()),
    ]


def report(lanes):
    """The figures, and the rounds behind them."""
    for name, lane in lanes.items():
        rps = median([each.rps for each in lane.rounds])
        cpu = median([each.cpu_ms for each in lane.rounds])
        p95 = median([percentile(each.latencies, 0.95) for each in lane.rounds])
        print(f"{name:7} {rps:8.1f} req/s {cpu:6.2f} ms CPU p95 {p95:6.1f} ms")
    figure("checkin_submit", _median(lanes["ticket"], "rps"), "req/s",
           ratio=_ratio(lanes, "ticket", "floor", "rps"), to="floor_a", goal=2.0)  # fmt: skip
    figure("checkin_submit_cpu", _median(lanes["ticket"], "cpu_ms"), "ms",
           ratio=_ratio(lanes, "floor", "ticket", "cpu_ms"), to="floor_a", goal=2.4)  # fmt: skip
    figure("checkin_submit_rls", _median(lanes["ticket"], "rps"), "req/s",
           ratio=_ratio(lanes, "ticket", "no_rls", "rps"), to="no_rls", goal=0.95)  # fmt: skip
    figure("checkin_submit_rls_cpu", _median(lanes["ticket"], "cpu_ms"), "ms",
           ratio=_ratio(lanes, "no_rls", "ticket", "cpu_ms"), to="no_rls", goal=0.95)  # fmt: skip
    figure("student_page_rls", _median(lanes["page"], "cpu_ms"), "ms",
           ratio=_ratio(lanes, "no_rls_page", "page", "cpu_ms"), to="no_rls", goal=0.87)  # fmt: skip
    figure("checkin_submit_p95", _p95(lanes["ticket"]), "ms",
           ratio=_p95(lanes["floor"]) / _p95(lanes["ticket"]), to="floor_a", goal=1.0)  # fmt: skip
    figure("checkin_batch", BATCH * _median(lanes["batch"], "rps"), "items/s",
           ratio=BATCH * _ratio(lanes, "batch", "floor", "rps"), to="floor_a", goal=14.2)  # fmt: skip
    figure("checkin_form", _median(lanes["form"], "rps"), "req/s",
           ratio=_ratio(lanes, "form", "floor", "rps"), to="floor_a", goal=1.0)  # fmt: skip
    figure("student_page", _median(lanes["page"], "cpu_ms"), "ms",
           ratio=_ratio(lanes, "bare", "page", "cpu_ms"), to="bare_form", goal=0.77)  # fmt: skip


def _median(lane, name):
    return median([getattr(each, name) for each in lane.rounds])


def _ratio(lanes, one, other, name):
    """Median over the rounds of one lane's figure to another's of the same round."""
    pairs = zip(lanes[one].rounds, lanes[other].rounds, strict=False)
    return median([getattr(a, name) / getattr(b, name) for a, b in pairs])


def _p95(lane):
    return median([percentile(each.latencies, 0.95) for each in lane.rounds])


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


def _get(path, sessions):
    def make(connection, n):
        session = sessions[(connection + n * 8) % len(sessions)]
        return (
            f"GET {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Cookie: sessionid={session}; csrftoken={CSRF}\r\n\r\n"
        ).encode()

    return make


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under a minute")
    parser.add_argument("--students", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    defaults = (64, 2, 1.5) if options.quick else (256, 5, 5.0)
    for name, value in zip(("students", "rounds", "seconds"), defaults, strict=True):
        if getattr(options, name) is None:
            setattr(options, name, value)
    return options


if __name__ == "__main__":
    main()
