"""What a tablet has to load: the student's home and the check-in, first visit and repeat.

The reference is the sign-in page of an untouched Django admin, served and measured in the same
interleaved run by the same browser. Bytes are those of each body after gzip -6, because that is
what travels; a request answered from the browser's cache is not counted.

    python bench/page_weight.py [--quick]
"""

import argparse
import base64
import gzip
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from playwright.sync_api import sync_playwright  # noqa: E402

from bench.databases import shared_database  # noqa: E402
from bench.harness import BenchServer, answer_of, figure, median  # noqa: E402
from kaga_portal import web_server  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
GRANIAN = ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", "{port}", "--workers", "1"]  # fmt: skip
PORTAL = web_server.server_arguments("{port}", workers=1)[1:]  # as in production
GOALS = {"first": (46_080, 8), "repeat": (12_288, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="at most 50 seconds")
    rounds = 1 if parser.parse_args().quick else 5
    shared_database()
    session = answer_of("bench.checkin_seed", 1)["sessions"][0]
    with tempfile.TemporaryDirectory() as static:
        hashed = {"STATIC_MANIFEST": "1", "STATIC_ROOT": static}
        subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
            cwd=ROOT, check=True, env={**os.environ, **hashed},
        )  # fmt: skip
        with (
            BenchServer("portal", PORTAL, hashed) as ours,
            BenchServer("stock admin", [*GRANIAN, "bench.stock_admin:application"]) as stock,
        ):
            report(*measure_all(rounds, ours.port, stock.port, session))


def measure_all(rounds, ours, stock, session):
    """({page: [(first, repeat)]}, [(first, repeat)] of the reference), measured by turns."""
    cookie = {"name": "sessionid", "value": session, "url": f"http://localhost:{ours}"}
    pages = {"student_home": "/", "checkin": "/checkin/"}
    found, reference = {name: [] for name in pages}, []
    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if program is None:
        sys.exit("page_weight needs Chromium: 'make browser' installs it, or set CHROMIUM=/path.")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=FLAGS)
        for _ in range(rounds):
            for name, path in pages.items():
                found[name].append(visits(browser, f"http://localhost:{ours}{path}", [cookie]))
            reference.append(visits(browser, f"http://localhost:{stock}/admin/login/", []))
        browser.close()
    return found, reference


def visits(browser, url, cookies):
    """((gz bytes, requests) of a first visit, the same of a second) in a browser of its own."""
    # Without the service worker: its requests could not be told from those of the page.
    size = {"width": 820, "height": 1180}
    context = browser.new_context(viewport=size, locale="ja-JP", service_workers="block")
    context.add_cookies(cookies)
    both = tuple(_visit(context, url) for _ in range(2))
    context.close()
    return both


def _visit(context, url):
    page, seen, shelved = context.new_page(), {}, set()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on(
        "Network.responseReceived",
        lambda event: seen.update({event["requestId"]: event["response"]}),
    )
    wire.on("Network.requestServedFromCache", lambda event: shelved.add(event["requestId"]))
    answer = page.goto(url, wait_until="load")
    page.wait_for_timeout(400)
    if answer.status != 200 or answer.url != url:
        sys.exit(f"{url} answered {answer.status} {answer.url}")
    travelled = [
        name
        for name, response in seen.items()
        if name not in shelved
        and not response.get("fromDiskCache")
        and not response.get("fromServiceWorker")
    ]
    weight = sum(len(gzip.compress(_body(wire, name), 6)) for name in travelled)
    page.close()
    return weight, len(travelled)


def _body(wire, request_id):
    event = wire.send("Network.getResponseBody", {"requestId": request_id})
    return base64.b64decode(event["body"]) if event["base64Encoded"] else event["body"].encode()


def report(found, reference):
    for name, rounds in found.items():
        for index, which in enumerate(GOALS):
            for part, unit in enumerate(("gz_bytes", "requests")):
                ours = median([both[index][part] for both in rounds])
                theirs = median([both[index][part] for both in reference])
                figure(
                    f"page_weight_{name}_{which}_{unit}", ours, unit,
                    ratio=theirs / ours, to="stock_admin_login", goal=GOALS[which][part],
                )  # fmt: skip


if __name__ == "__main__":
    main()
