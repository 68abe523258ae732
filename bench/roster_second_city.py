"""A second city's first roster, while the planner's statistics know only the first city's people.

``python bench/roster_second_city.py [--quick] [--rounds N]``

Autovacuum is off on the tables of people, as it is for the minute after a bulk write: the planner
knows only what the import itself analyses. A first city of 10,000 students comes in and is
analysed; then cities of 5,000 and of 20,000 students, each with a guardian, come in twice: new, and
unchanged right after. Quadratic joins would take sixteen times as long for four times the students;
the figure is the time per student of the larger against the smaller.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.roster_import import (  # noqa: E402
    ImportApproval,
    check_and_import_roster,
    connection,
    figure,
    median,
    write,
)

KNOWN, SMALL, LARGE = 10_000, 5_000, 20_000
GOAL_LINEAR = 0.7
TABLES = ("people_student", "people_guardian", "people_guardianship", "people_staffpost")


def take_in(path):
    """Seconds of importing a zip."""
    began = time.perf_counter()
    with open(path, "rb") as file:
        roster_import = check_and_import_roster(
            file, path.name, by=None, approval=ImportApproval(allow_other_year=True)
        )
    if roster_import.state != "imported":
        sys.exit(f"the invented roster was not imported: {roster_import.report['problems'][:3]}")
    return time.perf_counter() - began


def city(path, n, code):
    """(seconds of the first roster, seconds of the same again) of a city of n students."""
    write(path, n, code, guardians=True)
    first, again = take_in(path), take_in(path)
    print(f"{n:>7,} students: {first:6.2f} s, unchanged {again:6.2f} s", flush=True)
    return first, again


def measure(rounds):
    found = {SMALL: [], LARGE: []}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "roster.zip"
        city(path, KNOWN, "960000")
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(TABLES)}")
        for number in range(rounds):
            for n, times in found.items():
                times.append(city(path, n, f"95{number}{n // 1000:03d}"))
    for place, name in enumerate(("roster_second_city", "roster_second_city_unchanged")):
        small, large = (median([one[place] for one in found[n]]) for n in (SMALL, LARGE))
        figure(name, large, "s", ratio=small / SMALL / (large / LARGE), to="5000_students_linear",
               goal=GOAL_LINEAR)  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = "roster_second_city_bench"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        measure(options.rounds or (1 if options.quick else 3))
    finally:
        connection.creation.destroy_test_db(before, verbosity=0)


if __name__ == "__main__":
    main()
