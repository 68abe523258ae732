# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Invented students for the figures of consent, their linked rows, and a stopwatch."""

import sys
import time
import uuid
from contextlib import contextmanager

ROWS_OF_A_STUDENT = 10_000


def make_students(n, name, schools=1):
    """Invented students of a new municipality, each with one guardian."""
    from tests import factories

    city = factories.municipality(uuid.uuid4().hex[:6], f"{name}(架空)")
    factories.programme(city)
    factories.policy(city)
    factories.document(city)
    classes = [
        factories.school_class(factories.school(city, code=uuid.uuid4().hex[:13]))
        for _ in range(schools)
    ]
    found = []
    for number in range(n):
        student = factories.student(classes[number % schools], f"{name}{number}", number=number + 1)
        factories.guardian(student, email=f"{uuid.uuid4().hex}@example.com")
        found.append(student)
    return found


def make_source(student):
    """The id of a new data source of the student's school."""
    from tests.vault.sealing_helpers import source

    return source(student.school).pk


def link_many(student):
    """10,000 linked rows under the student's key (their bytes are never opened)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO linkage_linkedrecord (id, municipality_id, student_id, purpose, key_id, "
            "sealed, source_id, kind, version_digest, received_at, kept_until) "
            "SELECT gen_random_uuid(), k.municipality_id, k.student_id, k.purpose, k.id, "
            "decode(repeat('ab', 60), 'hex'), %s, 'attendance_daily', "
            "decode(md5(random()::text), 'hex'), now(), "
            "current_date + 30 "
            "FROM vault_subjectkey k, generate_series(1, %s) WHERE k.student_id = %s",
            [make_source(student), ROWS_OF_A_STUDENT, student.pk],
        )
        if cursor.rowcount != ROWS_OF_A_STUDENT:
            sys.exit(f"{cursor.rowcount} rows were linked, not {ROWS_OF_A_STUDENT}")


def close_connection():
    from django.db import connection

    connection.close()


@contextmanager
def timed(to):
    """Appends the milliseconds of the block to a list."""
    began = time.perf_counter()
    yield
    to.append((time.perf_counter() - began) * 1000)
