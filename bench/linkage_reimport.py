# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of a second import while the planner's statistics do not know of the first.

``python bench/linkage_reimport.py [--quick]``

Autovacuum is off, so the planner knows only what the import itself analyses. A city is read and its
tables are analysed; then another city is read for the first time, a second time right after with a
third of its marks changed, and a third time unchanged. The goal is that the later readings are as
fast as those of the city that the statistics know.
"""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import linkage_import, linkage_seed  # noqa: E402
from bench.databases import own_database  # noqa: E402
from bench.harness import figure  # noqa: E402

TABLES = ("linkage_linkedrecord", "linkage_sourcefile", "people_student", "vault_subjectkey")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100,000 rows a city, not 600,000")
    students, days = (2_000, 50) if parser.parse_args().quick else (6_000, 100)
    with own_database("link_again") as folder:
        _statistics_stand_still()
        known = _three_readings(folder, "known", students, days)
        _analyse()
        again = _three_readings(folder, "later", students, days)
        for name, ours, theirs in zip(("first", "changed", "same"), again, known, strict=True):
            figure(
                f"link_{name}_unknown_city",
                ours,
                "s",
                ratio=theirs / ours,
                to="known_city",
                goal=0.7,
            )


def _statistics_stand_still():
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = false)")


def _analyse():
    from django.db import connection

    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")


def _three_readings(folder, name, students, days):
    """Seconds of the first reading, of one with a third changed, and of one with nothing new."""
    city = linkage_seed.seed_people()
    school, people = linkage_seed.school(city, students, "attendance")
    source = linkage_seed.source(city, school, "school_files", name)
    inbox, seconds = folder / name, []
    linkage_seed.attendance(inbox, people, days)
    file = inbox / "attendance_daily.csv"
    for text in (None, ("病欠", "遅刻"), None):
        if text:
            lines = file.read_text(encoding="utf-8-sig").splitlines(keepends=True)
            lines[1::3] = [line.replace("出席", "早退") for line in lines[1::3]]
            file.write_text("".join(lines), encoding="utf-8-sig")
        began = time.perf_counter()
        run = linkage_import.take_files(source, inbox)
        seconds.append(time.perf_counter() - began)
        print(
            f"{name}: {run.n_kept} kept, {run.n_unchanged} unchanged, {seconds[-1]:.1f} s",
            flush=True,
        )
    return seconds


if __name__ == "__main__":
    main()
