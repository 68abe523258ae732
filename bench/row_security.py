"""What row-level security costs a statement, against the same one by a role that passes policies.

``python bench/row_security.py [--quick]``

Two cities of invented schools in one database. The statements are those behind pages and tablets:
one student by id, the students of a school, a count of a city, a student written. They alternate;
the time is the server's and one connection's on one core, in a transaction that is rolled back.
"""

# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
import argparse
import os
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import own_database  # noqa: E402
from bench.harness import figure, median  # noqa: E402

STATEMENTS = {
    "rls_row": "SELECT * FROM people_student WHERE id = %(student)s::uuid",
    "rls_school": "SELECT * FROM people_student WHERE school_id = %(school)s::uuid "
    "ORDER BY id LIMIT 100",
    "rls_count": "SELECT count(*) FROM people_student WHERE municipality_id = %(city)s::uuid",
    "rls_insert": "INSERT INTO people_schoolbreak (id, municipality_id, school_id, title, begins_on, "
    "ends_on) VALUES (gen_random_uuid(), %(city)s::uuid, %(school)s::uuid, 'x', current_date, "
    "current_date)",
}
SCHOOLS, STUDENTS = 10, 600  # a city; a school
REPEATS = 40  # of a statement in a round


def main():
    wanted = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    wanted.add_argument("--quick", action="store_true", help="fewer rounds")
    n_rounds = 30 if wanted.parse_args().quick else 300
    with own_database("row_security_bench"):
        values = _two_cities()
        for name, statement in STATEMENTS.items():
            _measure(name, statement, values, n_rounds)


def _measure(name, statement, values, n_rounds):
    import psycopg
    from django.db import connection

    from kaga_portal.embedded_roles import APP_ROLE

    facts = {key: connection.get_connection_params()[key] for key in ("dbname", "user", "host")}
    with psycopg.connect(**facts) as free, psycopg.connect(**facts | {"user": APP_ROLE}) as ours:
        _on_one_core(ours, free)
        scope = "SELECT set_config('app.municipality', %s, false)"
        ours.execute(scope, [str(values["city"])])
        pairs = []
        for _ in range(n_rounds):
            pairs.append((_took(ours, statement, values), _took(free, statement, values)))
        ours.rollback(), free.rollback()
    own, bare = (median([pair[n] for pair in pairs]) for n in (0, 1))
    ratio = median([bare / own for own, bare in pairs])
    figure(name, own * 1e6, "us", ratio=ratio, to="no_policy", goal=1 / 1.15)
    print(f"{name}: {bare * 1e6:.1f} us without")


def _on_one_core(*connections):
    """This process and its servers: where the kernel puts each of them is half of such a time."""
    core = {min(os.sched_getaffinity(0))}
    for pid in (0, *(each.info.backend_pid for each in connections)):
        os.sched_setaffinity(pid, core)


def _took(connection, statement, values):
    """Seconds a statement."""
    began = time.perf_counter()
    for _ in range(REPEATS):
        connection.execute(statement, values)
    return (time.perf_counter() - began) / REPEATS


def _two_cities():
    """The ids that the statements name; everything else is a neighbour."""
    from django.db import connection

    from apps.people.models import Municipality, School, SchoolClass, Student

    made = {}
    for number in (1, 2):
        city = Municipality.objects.create(code=f"{number:06}", name=f"city {number}")
        for n in range(SCHOOLS):
            school = School.objects.create(
                municipality=city, code=f"C{number}{n:011}", name=f"school {n}"
            )
            home = SchoolClass.objects.create(
                municipality=city, school=school, school_year=2026, grade="J1", title="1"
            )
            rows = [
                Student(
                    municipality=city, school=school, home_class=home, family_name="x",
                    given_name="x", grade="J1", master_id=uuid.uuid4(),
                    source_id=str(n_student),
                )
                for n_student in range(STUDENTS)
            ]  # fmt: skip
            Student.objects.bulk_create(rows)
        made = made or {"city": city.pk, "school": school.pk, "student": rows[7].pk}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return made


if __name__ == "__main__":
    main()
