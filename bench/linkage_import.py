# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of importing linked data: a school's attendance, an LRS's statements, and the roster.

``python bench/linkage_import.py [--quick]``

Runs on a database of its own (made and dropped here) of the embedded PostgreSQL. A file is imported
as a run does it: read row by row, consent checked, sealed, compared with what earlier files stated,
with its issues, its freshness and its run written. The reference is in ``linkage_baseline``. All
students agreed, so every row is sealed. The curve is printed without a goal.
"""

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import linkage_baseline, linkage_seed  # noqa: E402
from bench.databases import own_database  # noqa: E402
from bench.harness import figure, free_port, median  # noqa: E402

FULL = {"students": 6000, "days": 200, "rounds": 3, "sample": 3000, "statements": 20_000,
        "schools": (1, 10, 100)}  # fmt: skip
QUICK = {"students": 1000, "days": 100, "rounds": 3, "sample": 500, "statements": 4_000,
         "schools": (1, 5)}  # fmt: skip
CURVE_DAYS = 4


def main():
    options = _options()
    if options.child:
        return _child(*options.child)
    size = QUICK if options.quick else FULL
    with own_database("link_bench") as folder:
        city = linkage_seed.seed_people()
        attendance(city, folder, size)
        memory(city, folder, size)
        statements(city, folder, size)
        if not options.quick:  # it has a quick run of its own
            _roster()
        curve(city, folder, size)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller run, under a minute")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    return parser.parse_args()


def _roster():
    """The larger cities, which take minutes, are ``roster_import.py``'s own."""
    from bench import roster_import

    roster_import.quick_in_this_database()


# -- one school's year ----------------------------------------------------------------------------


def attendance(city, folder, size):
    """The attendance of a school year into an empty table, against plain columns by COPY."""
    school, people = linkage_seed.school(city, size["students"], "attendance")
    inbox = folder / "inbox"
    n_rows = linkage_seed.attendance(inbox, people, size["days"])
    source = linkage_seed.source(city, school, "school_files", "inbox")
    path, until = inbox / "attendance_daily.csv", f"{linkage_seed.school_days()[0][:4]}-12-31"
    codes = {code: str(pk) for code, pk, _ in people}
    plain, ours, cpu = [], [], {_plain: 0.0, _ours: 0.0}
    for number in range(size["rounds"]):
        for take in (_plain, _ours) if number % 2 else (_ours, _plain):
            _empty()
            began, before = time.perf_counter(), _cpu()
            n_taken = take(source, inbox, path, codes, until)
            (ours if take is _ours else plain).append(time.perf_counter() - began)
            cpu[take] += _cpu() - before
            if n_taken != n_rows:
                sys.exit(f"{take.__name__} took {n_taken} of {n_rows} rows.")
    ratio = median([a / b for a, b in zip(plain, ours, strict=True)])
    speed = n_rows / median(ours)
    figure("link_import_vs_copy", speed, "rows_per_s", ratio=ratio, to="copy_on_conflict", goal=0.4)
    spent = [cpu[take] / n_rows / size["rounds"] * 1e6 for take in (_ours, _plain)]
    print("CPU of both processes: {:.1f} us a row, of the reference {:.1f} us".format(*spent))
    _empty()
    began = time.perf_counter()
    linkage_baseline.saved_one_by_one(source, path, codes, until, size["sample"])
    one_by_one = size["sample"] / (time.perf_counter() - began)
    figure(
        "link_import_vs_update_or_create", speed, "rows_per_s",
        ratio=speed / one_by_one, to="update_or_create", goal=10,
    )  # fmt: skip


def _cpu():
    """Seconds of this process and of the database's process that serves it."""
    from django.db import connection

    connection.ensure_connection()
    served_by = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + served_by.user + served_by.system


def _ours(source, inbox, *_):
    return take_files(source, inbox).n_kept


def _plain(source, _inbox, path, codes, until):
    return linkage_baseline.copied(source, path, codes, until)


def take_files(source, inbox):
    """One run over a folder that the source has not read yet."""
    from apps.linkage.connectors.school_files import SchoolFiles

    source.cursor = {}
    return take(source, SchoolFiles(inbox))


def take(source, connector):
    """One run over what the connector gives, as ``source_reader.read_source`` does it."""
    from apps.linkage.models import RunState, SyncRun
    from apps.linkage.services import source_reader
    from apps.linkage.services.agreed_students import ReadFor, agreement_of

    read_for = ReadFor(source, agreement_of(source))
    pages = connector.pull(source.cursor, read_for.agreement.token)
    run = SyncRun.objects.create(municipality_id=source.municipality_id, source=source)
    if not source_reader.import_pages(source, run, pages, read_for):
        sys.exit("The run was cut off: this machine is too busy to measure on.")
    SyncRun.objects.filter(pk=run.pk).update(state=RunState.DONE)
    return run


def _empty():
    """Empty both tables and let the database finish its work."""
    from django.db import connection

    linkage_baseline.table()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE linkage_linkedrecord, linkage_sourcefile")
        cursor.execute("CHECKPOINT")


# -- memory ---------------------------------------------------------------------------------------


def memory(city, folder, size):
    """The peak memory of a process that imports a file, against one for a tenth of the students."""
    peaks = []
    for n in (size["students"] // 10, size["students"]):
        school, people = linkage_seed.school(city, n, "attendance")
        inbox = folder / f"memory{n}"
        linkage_seed.attendance(inbox, people, size["days"])
        source = linkage_seed.source(city, school, "school_files", f"memory{n}")
        command = [sys.executable, __file__, "--child", str(source.pk), str(inbox)]
        peaks.append(int(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    small, large = (peak / 1024 for peak in peaks)
    figure("link_memory", large, "MB", ratio=small / large, to="a_tenth_of_the_file", goal=0.83)


def _child(source_id, inbox):
    from bench.in_process import set_up_django

    set_up_django()
    from apps.linkage.models import DataSource

    take_files(DataSource.objects.get(pk=source_id), Path(inbox))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


# -- statements -----------------------------------------------------------------------------------


def statements(city, folder, size):
    """Everything an LRS has, then the same again a moment later; against 5,000 a second."""
    school, people = linkage_seed.school(city, 500, "study_log")
    n, port = size["statements"], free_port()
    linkage_seed.statements(folder / "statements", people, n)
    server = subprocess.Popen(
        [
            sys.executable,
            Path(__file__).with_name("linkage_lrs.py"),
            str(port),
            folder / "statements",
        ]
    )
    try:
        _wait(port)
        source = linkage_seed.source(city, school, "xapi_lrs", f"http://127.0.0.1:{port}/xapi")
        first, n_kept = _timed(source)
        again, _ = _timed(source)
    finally:
        server.terminate()
        server.wait()
    if n_kept != n:
        sys.exit(f"{n_kept} of {n} statements were kept.")
    speed = n / first
    figure("link_statements", speed, "per_s", ratio=speed / 5000, to="5000_per_s", goal=1.0)
    figure("link_statements_again", again, "s", ratio=first / again, to="the_first_time", goal=10)


def _timed(source):
    from django.utils import timezone

    from apps.core.http_client import HttpClient
    from apps.linkage.connectors.xapi import XapiClient

    client = HttpClient(trusted=[source.place])  # on loopback, without TLS
    began = time.perf_counter()
    lrs = XapiClient(source.place, ("bench", "bench"), now=timezone.now(), client=client)
    run = take(source, lrs)
    return time.perf_counter() - began, run.n_kept


def _wait(port):
    import requests

    for _ in range(300):
        try:
            return requests.get(f"http://127.0.0.1:{port}/xapi/statements?limit=1", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
    sys.exit("The loopback LRS does not answer.")


# -- a city, and ever more of it ------------------------------------------------------------------


def curve(city, folder, size):
    """Schools imported one after the other into one table: seconds and rows/s as it grows."""
    _empty()
    n_students = size["students"]
    n_rows = seconds = 0
    for number in range(1, size["schools"][-1] + 1):
        school, people = linkage_seed.school(city, n_students, "attendance")
        inbox = folder / f"school{number}"
        n_rows += linkage_seed.attendance(inbox, people, CURVE_DAYS)
        source = linkage_seed.source(city, school, "school_files", inbox.name)
        began = time.perf_counter()
        take_files(source, inbox)
        seconds += time.perf_counter() - began
        if number in size["schools"]:
            print(
                f"CURVE link_import {number * n_students} students, {n_rows} rows: "
                f"{seconds:.2f} s, {n_rows / seconds:.0f} rows/s",
                flush=True,
            )


if __name__ == "__main__":
    main()
