"""A class at the door, what a card's sign-in costs, and how far a guesser comes.

``python bench/signin.py [--quick]``

``signin_class``: 300 students with used cards behind one address, eight connections, each from the
card's QR to the first page; one that is refused ends the run. ``signin_card_cpu``: CPU of the web
processes for the PIN's POST; by turns with Django's own sign-in by name and password, hashed by its
Argon2, on the same database. ``guess_stopped``: wrong PINs that are compared in an hour.
"""

import argparse
import sys
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkin_submit import GRANIAN, GUNICORN  # noqa: E402
from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, answer_of, cpu_seconds, figure  # noqa: E402
from bench.school_morning import CONNECTIONS, PIN, TOKEN, Tablet  # noqa: E402

A_STUDENT_S = 60 / 300
ROUNDS, CPU_GOAL_MS, MOST_GUESSES = 4, 25, 10
ARGON2 = {"FLOOR_SETTINGS": "bench.floor_a.argon2"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="60 students, in a fifth of a minute")
    n, n_students = (16, 60) if parser.parse_args().quick else (200, 300)
    shared_database()
    codes = answer_of("bench.signin_seed", "cards", n_students)["codes"]
    names = answer_of("bench.floor_a.seed", "names", n)
    guesser = answer_of("bench.signin_seed", "guess")
    with (
        BenchServer("portal", GRANIAN) as portal,
        BenchServer("floor A", GUNICORN, ARGON2) as floor,
    ):
        Tablet(portal.port).ask("GET", "/c/")
        refused, seconds = _everybody(portal.port, codes)
        ours, django = _cpu(portal, floor, codes[:n], names)
    within = A_STUDENT_S * n_students
    figure("signin_class", seconds, "s", ratio=within / seconds, to="one_minute", goal=1.0)
    figure("signin_card_cpu", ours, "ms", ratio=django / ours, to="django_argon2", goal=2.0)
    figure("signin_card_cpu_goal", ours, "ms", ratio=CPU_GOAL_MS / ours, to="25_ms", goal=1.0)
    figure(
        "guess_stopped", guesser["compared"], "tries", ratio=MOST_GUESSES / guesser["compared"],
        to="ten_an_hour", goal=1.0,
    )  # fmt: skip
    if refused:
        sys.exit(f"refused: {sorted(set(refused))}")


def _everybody(port, codes):
    """([what was refused], seconds until the last one was in)."""
    refused, waiting, lock = [], list(codes), threading.Lock()

    def work():
        while True:
            with lock:
                if not waiting:
                    return
                code = waiting.pop()
            tablet, form = _ready(port, code)
            status, _, to = tablet.ask("POST", "/card/pin/", form)
            page, *_ = tablet.ask("GET", "/")
            tablet.line.close()
            if (status, to, page) != (302, "/", 200):
                refused.append(f"{status} {to} {page}")

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused, time.monotonic() - began


def _ready(port, code):
    """(a tablet that has posted the code, the form it will post)."""
    tablet = Tablet(port)
    _, page, _ = tablet.ask("GET", "/c/")
    tablet.ask("POST", "/card/", {"csrfmiddlewaretoken": TOKEN.search(page)[1], "code": code})
    _, page, _ = tablet.ask("GET", "/card/pin/")
    return tablet, {"csrfmiddlewaretoken": TOKEN.search(page)[1], "pin": PIN}


def _cpu(portal, floor, codes, names):
    """(ms of CPU for one sign-in by card, and by Django's name and password), by turns."""
    spent = [0.0, 0.0]
    for turn in range(ROUNDS):
        ready = [_ready(portal.port, code) for code in codes[turn::ROUNDS]]
        spent[0] += _spent(portal, lambda ready=ready: [_post(*each) for each in ready])
        mine = names[turn::ROUNDS]
        spent[1] += _spent(floor, lambda mine=mine: [_django(floor.port, name) for name in mine])
    return spent[0] / len(codes) * 1000, spent[1] / len(names) * 1000


def _spent(server, work):
    before = cpu_seconds(server.processes())
    work()
    return cpu_seconds(server.processes()) - before


def _post(tablet, form):
    status, *_ = tablet.ask("POST", "/card/pin/", form)
    tablet.line.close()
    if status != 302:
        raise SystemExit(f"the card: {status}")


def _django(port, name):
    line = HTTPConnection("127.0.0.1", port, timeout=30)
    line.request("POST", "/sign-in/", f"name={name}&password=a+b+c+d+1", FORM)
    status = line.getresponse().status
    line.close()
    if status != 302:
        raise SystemExit(f"Django's sign-in: {status}")


if __name__ == "__main__":
    main()
