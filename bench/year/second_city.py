"""A second city's first roster, while the planner's statistics know only the first city's."""

from django.db import connection

from bench import roster_second_city
from bench.harness import figure
from bench.invented_roster import write

GOAL = 0.8


def second_city_roster(folder, n):
    """The figure: the same roster's time in a first, analysed city against that in a second one."""
    with connection.cursor() as cursor:
        for table in roster_second_city.TABLES:
            cursor.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
    first = _read(folder / "first.zip", n, "970001")
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(roster_second_city.TABLES)}")
    second = _read(folder / "second.zip", n, "970002")
    print(f"first roster of {n:,} students: {first:.2f} s, of a second city {second:.2f} s")
    figure("second_city_roster", second, "s", ratio=first / second, to="first_city", goal=GOAL)


def _read(path, n, code):
    write(path, n, code, guardians=True)
    return roster_second_city.take_in(path)
