"""A roster from its zip to the committed rows: validation, difference, report and audit included.

``python bench/roster_import.py [--quick] [--rounds N]``; ``quick_in_this_database()`` from elsewhere.

In each round an invented city of students (``invented_roster.py``) comes in once and once more
unchanged, alternating with the reference: COPY and INSERT … ON CONFLICT of twelve columns of the
same users.csv, parsed by Python's csv, into a table with one key and no rules. The database is made
for the run and dropped. Memory is the peak of all that this process holds, Django included, while a
roster comes in (VmHWM, reset before each); PostgreSQL's own is not in it. A second import that
rewrites a row (ctid, xmin) ends the run. ``--quick``: up to 30,000 students; without it up to a
million.
"""

import argparse
import csv
import io
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from itertools import islice
from operator import itemgetter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("KAGA_INSTANCE", "bench")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")

from kaga_portal import embedded  # noqa: E402

embedded.ensure("bench")

from bench.in_process import set_up_django  # noqa: E402

set_up_django()

from django.db import connection, transaction  # noqa: E402

from apps.roster.services.import_conditions import ImportApproval  # noqa: E402
from apps.roster.services.imports import check_and_import_roster  # noqa: E402
from bench.harness import figure, median  # noqa: E402
from bench.invented_roster import write  # noqa: E402

SMALL, QUICK, FULL = 6_000, (30_000,), (60_000, 600_000, 1_000_000)
GOAL_6000_S, GOAL_MILLION_S, GOAL_MB, GOAL_FLOOR, GOAL_LINEAR = 0.4, 25, 200, 0.45, 0.8
TWELVE = (
    "sourcedId", "userIds", "givenName", "familyName", "grades", "userMasterIdentifier",
    "preferredGivenName", "preferredFamilyName", "metadata.jp.kanaGivenName",
    "metadata.jp.kanaFamilyName", "metadata.jp.homeClass", "primaryOrgSourcedId",
)  # fmt: skip
REST = ", ".join(f"c{number}" for number in range(1, 12))
FLOOR = (
    "CREATE TABLE {0} (c0 text PRIMARY KEY, " + ", ".join(f"c{n} text" for n in range(1, 12)) + ")"
)
MERGE = f"""
INSERT INTO floor_users AS u SELECT * FROM floor_staged
ON CONFLICT (c0) DO UPDATE SET ({REST}) = ({", ".join(f"excluded.c{n}" for n in range(1, 12))})
WHERE ({", ".join(f"u.c{n}" for n in range(1, 12))})
  IS DISTINCT FROM ({", ".join(f"excluded.c{n}" for n in range(1, 12))})
"""  # noqa: S608
STAMPS = """
SELECT count(*), sum(hashtextextended(s.ctid::text || s.xmin::text, 0)::numeric)
FROM people_student s JOIN people_municipality m ON m.id = s.municipality_id WHERE m.code = %s
"""


def quick_in_this_database():
    """Run the quick bench in a process of its own, on the database that DATABASE_URL names."""
    subprocess.run([sys.executable, __file__, "--quick", "--here"], check=True)


def floor(path):
    """Seconds of the reference for a zip: COPY and upsert of its users.csv."""
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE floor_staged (LIKE floor_users) ON COMMIT DROP")
        with (
            zipfile.ZipFile(path) as archive,
            archive.open("users.csv") as member,
            cursor.copy("COPY floor_staged FROM STDIN") as copy,
        ):
            lines = csv.reader(io.TextIOWrapper(member, "utf-8", newline=""))
            header = next(lines)
            pick = itemgetter(*(header.index(column) for column in TWELVE))
            while rows := list(islice(lines, 500)):
                copy.write("\n".join(map("\t".join, map(pick, rows))) + "\n")
        cursor.execute(MERGE)
    return time.perf_counter() - began


def ours(path):
    """(seconds, peak of resident memory in MB) of importing a zip."""
    Path("/proc/self/clear_refs").write_text("5")
    began = time.perf_counter()
    with open(path, "rb") as file:
        roster_import = check_and_import_roster(
            file, path.name, by=None, approval=ImportApproval(allow_other_year=True)
        )
    seconds = time.perf_counter() - began
    if roster_import.state != "imported":
        sys.exit(f"the invented roster was not imported: {roster_import.report['problems'][:3]}")
    return seconds, _memory("VmHWM")


def _memory(what):
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{what}:")[1].split()[0]) / 1024


def one(path, code, n):
    """A city comes in, and once more: the times of ours and of the reference, and the memory."""
    found = {"first": ours(path), "floor": floor(path)}
    before = _query(STAMPS, [code])
    found |= {"floor_again": floor(path), "again": ours(path)}
    if before[0] != n or _query(STAMPS, [code]) != before:
        sys.exit(f"{n} students: an unchanged roster rewrote rows")
    _query("TRUNCATE floor_users")
    print(
        f"{n:>9,} students: {found['first'][0]:7.2f} s, unchanged {found['again'][0]:7.2f} s, "
        f"peak {max(found['first'][1], found['again'][1]):.0f} MB; reference {found['floor']:.2f} s, "
        f"unchanged {found['floor_again']:.2f} s",
        flush=True,
    )
    return found


def _query(statement, values=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone() if cursor.description else None


def measure(options):
    """Rounds of SMALL (without and with guardians), then the larger cities once each."""
    curve, families = {SMALL: []}, []
    _query(FLOOR.format("floor_users"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.zip"
        for number in range(options.rounds + 1):
            for guardians, found in ((False, curve[SMALL]), (True, families)):
                code = f"98{number:03d}{int(guardians)}"
                write(path, SMALL, code, guardians=guardians)
                found.append(one(path, code, SMALL))
        for number, n in enumerate(QUICK if options.quick else FULL):
            write(path, n, f"97{number:04d}")
            curve[n] = [one(path, f"97{number:04d}", n)]
    curve[SMALL], families = curve[SMALL][1:], families[1:]  # the first round warms up
    report(curve, families)


def report(curve, families):
    """The figures; the largest city gives those of reference, linearity and memory."""
    most = max(curve)
    largest = curve[most][0]
    small = median([found["first"][0] for found in curve[SMALL]])
    family = median([found["first"][0] for found in families])
    for name, seconds in (("roster_import_6000", small), ("roster_import_6000_families", family)):
        figure(name, seconds, "s", ratio=GOAL_6000_S / seconds, to="0.4_s", goal=1.0)
    figure("roster_import", most / largest["first"][0], "students/s",
           ratio=largest["floor"] / largest["first"][0], to="copy_upsert_of_users_csv",
           goal=GOAL_FLOOR)  # fmt: skip
    figure("roster_import_unchanged", most / largest["again"][0], "students/s",
           ratio=largest["floor_again"] / largest["again"][0], to="copy_upsert_unchanged",
           goal=GOAL_FLOOR)  # fmt: skip
    figure("roster_import_linear", largest["first"][0] / most * 1e6, "us/student",
           ratio=small / SMALL / (largest["first"][0] / most), to="6000_students",
           goal=GOAL_LINEAR)  # fmt: skip
    peak = max(found[kind][1] for runs in curve.values() for found in runs
               for kind in ("first", "again"))  # fmt: skip
    figure("roster_import_memory", peak, "MB", ratio=GOAL_MB / max(peak, 1), to="200_MB", goal=1.0)
    if most == 1_000_000:
        seconds = largest["first"][0]
        figure("roster_import_million", seconds, "s", ratio=GOAL_MILLION_S / seconds,
               to="25_s", goal=1.0)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="up to 30,000 students")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    if options.here:
        return measure(options)
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "roster_import_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        measure(options)
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
