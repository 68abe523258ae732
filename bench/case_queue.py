# ruff: noqa: PLC0415 - Django is imported once the servers are up
"""The queue of a school with many open cases against one with few.

``python bench/case_queue.py [--quick] [--rounds N]``

Two schools of one city, with 3,000 and 30 open cases, each case with a sign that can be read, one
in ten seen, every other one held. The nurse of each opens 見る順 by turns, through Django's test
client with a real session. A statement more than with 30 ends the run; all of it is undone.
"""

import argparse
import os
import sys
import time
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.databases import shared_database  # noqa: E402
from bench.harness import figure, median  # noqa: E402

MANY, FEW = 3000, 30
ROUNDS, QUICK_ROUNDS, WARM = 60, 25, 3
GOAL = 0.77  # at most 1.3 times as long


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} rounds")
    parser.add_argument("--rounds", type=int, help=f"how often each opens it; {ROUNDS}")
    options = parser.parse_args()
    rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    shared_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    from bench.in_process import set_up_django

    set_up_django()
    import logging

    from django.db import transaction

    logging.disable(logging.ERROR)
    with transaction.atomic():
        _run(rounds)
        transaction.set_rollback(True)


def _run(rounds):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    address, clients = reverse("admin:cases_supportcase_changelist"), _seeded()
    taken, times = {}, {n: [] for n in clients}
    for n, client in clients.items():
        for _ in range(WARM):
            page = client.get(address)
        if page.status_code != 200 or page.content.count("の生徒".encode()) < FEW:
            raise SystemExit(f"the queue of {n} answers {page.status_code}")
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        taken[n] = len(captured)
    if taken[MANY] != taken[FEW]:
        raise SystemExit(f"{taken[MANY]} statements with {MANY}, {taken[FEW]} with {FEW}")
    for _ in range(rounds):
        for n, client in clients.items():
            began = time.perf_counter()
            client.get(address)
            times[n].append((time.perf_counter() - began) * 1000)
    many, few = median(times[MANY]), median(times[FEW])
    figure("case_queue", many, "ms", ratio=few / many, to=f"{FEW}_cases", goal=GOAL)
    figure(
        "case_queue_statements", taken[MANY], "statements", ratio=taken[FEW] / taken[MANY],
        to=f"{FEW}_cases", goal=1.0,
    )  # fmt: skip


def _seeded():
    """{number of cases: a client of the school's nurse}."""
    from django.db import connection
    from django.test import Client

    from apps.cases.services.shipped_rules import seed_rules
    from apps.people.models import Role
    from tests import factories

    mark = uuid.uuid4().hex[:6]
    city = factories.municipality(mark, "測る市(架空)")
    seed_rules(city)
    clients = {}
    for number, n in enumerate((MANY, FEW)):
        school = factories.school(city, f"C1{mark}{number}", f"測る中学校{number}(架空)")
        nurse = factories.staff_post(
            Role.NURSE, school, name="保健室", email=f"{mark}{number}@example.com"
        )
        _cases(city, school, nurse, n)
        clients[n] = Client()
        factories.force_sign_in(clients[n], nurse.user)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return clients


def _cases(city, school, nurse, n):
    from apps.cases.models import SIGN_LIFETIME, CaseState, Rule, Sign, SupportCase
    from apps.core import clock
    from apps.people.models import Student
    from apps.vault.models import SubjectKey
    from tests import factories

    rule, now = Rule.objects.active().get(municipality=city, code="R3"), clock.now()
    classes = [factories.school_class(school, f"{i}組") for i in range(10)]
    students = Student.objects.bulk_create(
        Student(
            municipality=city, school=school, source_id=f"{school.code}-{i}", grade="J1",
            family_name="測る", given_name=str(i), home_class=classes[i % len(classes)],
        )
        for i in range(n)
    )  # fmt: skip
    keys = SubjectKey.objects.bulk_create(
        SubjectKey(
            municipality=city, student=student, purpose=rule.purpose, has_share=False,
            ring_key="bench", wrapped=b"not opened here",
        )
        for student in students
    )  # fmt: skip
    cases = SupportCase.objects.bulk_create(
        SupportCase(
            municipality=city, school=school, student=student,
            opened_at=now - timedelta(minutes=i), news_at=now, is_urgent=i % 15 == 0,
            state=CaseState.LOOKING if i % 10 == 9 else CaseState.NEW,
            holder=nurse.user if i % 2 else None,
        )
        for i, student in enumerate(students)
    )  # fmt: skip
    Sign.objects.bulk_create(
        Sign(
            municipality=city, student=case.student, case=case, rule=rule, purpose=rule.purpose,
            key_id=key.pk, sealed=b"not opened here", fingerprint=uuid.uuid4().bytes,
            expires_at=now + SIGN_LIFETIME,
        )
        for case, key in zip(cases, keys, strict=True)
    )  # fmt: skip


if __name__ == "__main__":
    main()
