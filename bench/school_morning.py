"""08:30: three hundred students of one school, behind one address, sign in and check in.

``python bench/school_morning.py [--quick]``

Each does everything of a morning: the card's QR, the PIN, the first page, the form, the answers.
The limits on tries are those of production and see one IP address. Eight connections send; the
figure is how long it takes until everybody is done, against one minute.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.parse
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.checkin_submit import GRANIAN  # noqa: E402
from bench.harness import ROOT, BenchServer, figure  # noqa: E402
from kaga_portal import embedded  # noqa: E402

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
            return f"the card: {status}"
        self.ask("GET", "/")
        _, page, _ = self.ask("GET", "/checkin/")
        sent = {**dict(FIELD.findall(page)), "csrfmiddlewaretoken": TOKEN.search(page)[1]}
        status, _, to = self.ask("POST", "/checkin/", {**sent, "mood": "2", "talk": "0"})
        return "" if (status, to) == (302, "/checkin/done/") else f"the answers: {status}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="the same; it takes a minute at most")
    parser.parse_args()
    os.environ["KAGA_INSTANCE"] = "bench"
    embedded.ensure("bench")
    for command in (["migrate"], ["init_share_store", "--only-first"]):
        subprocess.run(
            [sys.executable, "manage.py", *command, "--verbosity", "0"], cwd=ROOT, check=True
        )
    codes = seeded(STUDENTS)
    with BenchServer("portal", GRANIAN) as portal:
        Tablet(portal.port).ask("GET", "/")  # the first page of all reads every template
        refused, seconds = _everybody(portal.port, codes)
    if refused:
        print(f"refused: {sorted(set(refused))}")
    figure("school_minute", seconds, "s", ratio=60 / seconds, to="one_minute", goal=1.0)
    figure("school_minute_through", STUDENTS - len(refused), "students",
           ratio=(STUDENTS - len(refused)) / STUDENTS, to="all", goal=1.0)  # fmt: skip


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


def seeded(n):
    """The codes of ``n`` new cards, of students who have agreed to check-ins."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.checkin_seed", "cards", str(n)],
        cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
