# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of consent: withdrawing, sealing, writing decisions to the ledger, verifying the ledger.

``python bench/consent.py [--quick]``

Runs on a database of its own (made and dropped here) of the embedded PostgreSQL. Every figure is
taken by turns with its reference in the same run. Besides the figures it races withdrawals with
three workers that keep writing, and fails if a single row is left readable.
"""

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import consent_ledger  # noqa: E402
from bench.consent_seed import close_connection, link_many, make_source, make_students, timed  # noqa: E402
from bench.databases import own_database  # noqa: E402
from bench.harness import figure, median, percentile  # noqa: E402

CONTENT = {"code": "ABSENT_SICK", "on": "2026-11-24", "n": 1}


def main():
    options = _options()
    with own_database("consent_bench"):
        withdraw_latency(10 if options.quick else 60)
        races(100 if options.quick else 1000)
        seal_open(3 if options.quick else 9)
        consent_ledger.consent_write(*((1, 1.0, 80) if options.quick else (6, 4.0, 200)))
        consent_ledger.verify(50_000 if options.quick else 1_000_000, 3)
        consent_ledger.chain_audit(50_000 if options.quick else 1_000_000, 3)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller run, under a minute")
    return parser.parse_args()


# -- withdrawing ----------------------------------------------------------------------------------


def withdraw_latency(n):
    """p95 of a withdrawal of a purpose with 10,000 linked rows, against a one-row transaction."""
    from django.db import transaction

    from apps.audit.models import Action
    from apps.audit.services.audit_events import record
    from apps.consent.models import Purpose
    from apps.consent.services.decisions import withdraw
    from tests import factories

    students = make_students(n, "latency")
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)
        link_many(student)
    ours, bare = [], []
    for student in students:
        guardian = student.guardianships.get().guardian.user
        with timed(bare), transaction.atomic():
            record(Action.RECORD_CHANGED)
        with timed(ours):
            withdraw(
                student=student, actor=guardian, purpose=Purpose.ATTENDANCE, form_key=uuid.uuid4()
            )
    value, reference = percentile(ours, 0.95), percentile(bare, 0.95)
    figure("withdraw_latency", value, "ms_p95", ratio=reference / value, to="one_row_txn", goal=0.5)


def races(n):
    """Withdrawals while three workers write for the same students: rows left readable after."""
    from apps.consent.models import Purpose
    from apps.consent.services.decisions import withdraw
    from apps.linkage.models import LinkedRecord
    from tests import factories

    students = make_students(n, "races")
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)
    stop = multiprocessing.Event()
    ids = [(student.pk, student.municipality_id) for student in students]
    source = make_source(students[0])
    workers = [
        multiprocessing.Process(target=_sync_worker, args=(ids, source, stop, seed))
        for seed in range(3)
    ]
    close_connection()
    for worker in workers:
        worker.start()
    rows = LinkedRecord.objects.filter(student__in=students)
    until = time.monotonic() + 20
    while rows.count() < 20 and time.monotonic() < until:  # the writers are at it
        time.sleep(0.05)
    for student in students:
        guardian = student.guardianships.get().guardian.user
        withdraw(student=student, actor=guardian, purpose=Purpose.ATTENDANCE, form_key=uuid.uuid4())
    stop.set()
    for worker in workers:
        worker.join()
    readable, written = rows.readable().count(), rows.count()
    if readable or not written:
        sys.exit(f"{readable} of {written} rows are readable after {n} withdrawals.")
    print(f"{n} withdrawals raced with three workers that wrote {written} rows: 0 readable")


def _sync_worker(ids, source, stop, seed):
    from bench.in_process import set_up_django

    set_up_django()
    from django.db import transaction
    from django.utils import timezone

    from apps.linkage.models import LinkedRecord
    from apps.vault.services.keys import NoKey, key_for_writing

    choose = random.Random(seed)
    while not stop.is_set():
        student_id, municipality_id = choose.choice(ids)
        try:
            with transaction.atomic():
                key = key_for_writing(student_id, "attendance")
                row = LinkedRecord(
                    municipality_id=municipality_id, source_id=source, kind="attendance_daily",
                    version_digest=os.urandom(16), kept_until=timezone.localdate(),
                )  # fmt: skip
                key.seal(row, CONTENT)
                row.student_id = student_id
                row.save(force_insert=True)
        except NoKey:
            continue


# -- sealing --------------------------------------------------------------------------------------


def seal_open(rounds):
    """Sealing and opening a row's content, against bare AES-256-GCM over the same bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    from apps.linkage.models import LinkedRecord
    from apps.vault.data_keys import DataKey

    raw = os.urandom(32)
    key = DataKey(uuid.uuid4(), uuid.uuid4(), "attendance", raw)
    rows = [LinkedRecord(municipality_id=uuid.uuid4()) for _ in range(5_000)]
    plain, bare, aad = json.dumps(CONTENT).encode(), AESGCM(raw), b"x" * 150
    ours, reference = [], []
    for _ in range(rounds):
        with timed(reference):
            for _ in rows:
                nonce = os.urandom(12)
                bare.decrypt(nonce, bare.encrypt(nonce, plain, aad), aad)
        with timed(ours):
            for row in rows:
                key.seal(row, CONTENT)
                key.open(row)
    speed, floor = (len(rows) / (median(times) / 1000) for times in (ours, reference))
    figure("seal_open", speed, "per_s", ratio=speed / floor, to="aes_gcm", goal=0.5)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
