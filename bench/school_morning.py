"""08:30: three hundred students of one school, behind one address, sign in and check in.

``python bench/school_morning.py [--quick]``

Each does everything of a morning: the card's QR, the PIN, the first page, the form, the answers.
The limits on tries are those of production and see one IP address. Eight connections send; the
figure is how long it takes until everybody is done, against one minute.
"""

import argparse
import re
import sys
import threading
import time
import urllib.parse
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkin_submit import GRANIAN  # noqa: E402
from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, answer_of, figure  # noqa: E402

STUDENTS, CONNECTIONS, PIN = 300, 8, "7305"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FIELD = re.compile(r'name="(client_key|question_set)" value="([^"]+)"')


class Tablet:
    """One browser: its cookies, and what it asks."""

    def __init__(self, port):
        self.line, self.cookies = HTTPConnection("127.0.0.1", port, timeout=30), {}

    def ask(self, method, path, fields=None):
        """(status, text, where it leads) of one request."""
        body = urllib.parse.urlencode(fields) if fields else None
        head = {
            "Host": "localhost",
            "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()),
        }
        if body:
            head["Content-Type"] = "application/x-www-form-urlencoded"
        self.line.request(method, path, body, head)
        answer = self.line.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode(), answer.headers.get("Location", "")

    def morning(self, code):
        """What was refused ("" where nothing was)."""
        self.cookies.clear()
        _, page, _ = self.ask("GET", "/c/")
        scanned = {"csrfmiddlewaretoken": TOKEN.search(page)[1], "code": code}
        self.ask("POST", "/card/", scanned)
        _, page, _ = self.ask("GET", "/card/pin/")
        pins = {"csrfmiddlewaretoken": TOKEN.search(page)[1], "pin": PIN, "again": PIN}
        status, _, to = self.ask("POST", "/card/pin/", pins)
        if (status, to) != (302, "/"):
            return f"the card: {status} {to}"
        self.ask("GET", "/")
        _, page, _ = self.ask("GET", "/checkin/")
        sent = {**dict(FIELD.findall(page)), "csrfmiddlewaretoken": TOKEN.search(page)[1]}
        status, _, to = self.ask("POST", "/checkin/", {**sent, "mood": "2", "talk": "0"})
        is_done = status == 302 and urllib.parse.urlsplit(to).path == "/checkin/done/"
        return "" if is_done else f"the answers: {status} {to}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the same; it takes a minute at most")
    parser.parse_args()
    shared_database()
    seeded = answer_of("bench.checkin_seed", "cards", STUDENTS)
    with BenchServer("portal", GRANIAN) as portal:
        Tablet(portal.port).ask("GET", "/")  # the first page of all reads every template
        refused, seconds = _everybody(portal.port, seeded["codes"])
    n_kept = answer_of("bench.checkin_seed", "count", seeded["municipality"])
    figure("school_minute", seconds, "s", ratio=60 / seconds, to="one_minute", goal=1.0)
    figure("school_minute_through", n_kept, "students", ratio=n_kept / STUDENTS, to="all", goal=1.0)  # fmt: skip
    if refused or n_kept != STUDENTS:
        sys.exit(f"{n_kept} check-ins of {STUDENTS} are kept; refused: {sorted(set(refused))}")


def _everybody(port, codes):
    """([what was refused], seconds until the last one was done)."""
    refused, waiting, lock = [], list(codes), threading.Lock()

    def work():
        tablet = Tablet(port)
        while True:
            with lock:
                if not waiting:
                    return
                code = waiting.pop()
            problem = tablet.morning(code)
            if problem:
                refused.append(problem)

    began = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused, time.monotonic() - began


if __name__ == "__main__":
    main()
