# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of a school's letters: 1,000 children, from the button to the sealed PDF.

``python bench/letter_printing.py [--quick]``

On a database of its own (made and dropped here) of the embedded PostgreSQL: letters are written
and their printing recorded as the page does it, then the worker draws, seals and keeps the file.
Codes and names differ on every page; no letter is there before. The number of statements must be
the same as for a tenth of the children, or the run ends.
"""

import argparse
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import own_database  # noqa: E402
from bench.harness import figure  # noqa: E402

CHILDREN, FEWER = 1000, 200
REFERENCE_S = 60.0  # for 1,000
NAMES = (
    "さくら",
    "はると",
    "マリア・クララ",
    "𠮷之助",
    "Nguyễn Thị Hường",
    "結愛",
    "凜太朗",
    "れん",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{FEWER} children")
    n = FEWER if parser.parse_args().quick else CHILDREN
    with own_database("letters_bench"):
        measure(n)


def measure(n):
    school, principal = _school()
    few = _print(_students(school, n // 10, 0), school, principal)
    many = _print(_students(school, n, n // 10), school, principal)
    if few.n_statements != many.n_statements:
        raise SystemExit(f"{many.n_statements} statements, {few.n_statements} for a tenth")
    print(f"printed in {many.printed_s:.2f} s ({many.n_statements} statements), drawn and sealed in "
          f"{many.seconds - many.printed_s:.2f} s, {many.size / 1e6:.1f} MB")  # fmt: skip
    whole = many.seconds * CHILDREN / n
    figure("letters_school", whole, "s", ratio=REFERENCE_S / whole, to="one_minute", goal=1.0)


class _Printed:
    n_statements = printed_s = seconds = size = 0


def _print(students, school, principal):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.registration.models import LetterFileState
    from apps.registration.services import letter_files, print_runs

    found, began = _Printed(), time.perf_counter()
    with CaptureQueriesContext(connection) as queries:
        sheet = print_runs.print_letters(students, school=school, by=principal)
        file = letter_files.request_file(sheet, by=principal)
    found.n_statements = len(queries)
    found.printed_s = time.perf_counter() - began
    letter_files.make_due_files()
    found.seconds = time.perf_counter() - began
    file.refresh_from_db()
    if file.state != LetterFileState.DONE or file.n_done != len(students):
        raise SystemExit(f"the file is {file.state} with {file.n_done} pages")
    found.size = len(file.sealed)
    return found


def _school():
    from apps.core.clock import today
    from apps.people.models import (
        Municipality,
        ProtectionCheck,
        Role,
        School,
        StaffPost,
        User,
    )
    from apps.people.services.school_calendar import record_protection_check

    city = Municipality.objects.create(code="000000", name="計測市")
    school = School.objects.create(
        municipality=city, source_id="s", code="X", name="計測小学校(架空)"
    )
    principal = User.objects.create(username=uuid.uuid4().hex, is_staff=True)
    StaffPost.objects.create(
        municipality=city, school=school, user=principal, name="校長", role=Role.PRINCIPAL
    )
    check = ProtectionCheck(school=school, checked_on=today(), none_known=True)
    record_protection_check(check, by=principal)
    return school, principal


def _students(school, n, start):
    from apps.people.models import SchoolClass, Student

    classes = [
        SchoolClass(
            municipality_id=school.municipality_id, school=school, source_id=f"c{start}-{k}",
            school_year=2026, grade=f"P{k % 6 + 1}", title=f"{k % 6 + 1}年{k // 6 + 1}組",
        )
        for k in range(n // 30 + 1)
    ]  # fmt: skip
    SchoolClass.objects.bulk_create(classes)
    students = [
        Student(
            municipality_id=school.municipality_id, school=school, source_id=f"s{start}-{k}",
            family_name="計測", given_name=NAMES[k % len(NAMES)], family_kana="", given_kana="",
            home_class=classes[k // 30], attendance_number=k % 30 + 1,
        )
        for k in range(n)
    ]  # fmt: skip
    return Student.objects.bulk_create(students)


if __name__ == "__main__":
    main()
