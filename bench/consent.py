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
import secrets
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.harness import figure, median, percentile  # noqa: E402
from kaga_portal import embedded  # noqa: E402

DATABASE = "consent_bench"
ROWS_OF_A_STUDENT = 10_000
CLIENTS = 8
CONTENT = {"code": "ABSENT_SICK", "on": "2026-11-24", "n": 1}


def main():
    options = _options()
    os.environ["KAGA_INSTANCE"] = "bench"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    folder = tempfile.TemporaryDirectory(prefix="kaga-bench-")  # of this run, like its database
    for name in ("KEY_SHARES_FOLDER", "LEDGER_FOLDER"):
        os.environ[name] = f"{folder.name}/{name.lower()}"
    embedded.ensure("bench")
    server = os.environ["DATABASE_URL"]
    _fresh_database(server)
    os.environ["DATABASE_URL"] = server.rsplit("/", 1)[0] + f"/{DATABASE}"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("init_share_store", verbosity=0)
    try:
        withdraw_latency(10 if options.quick else 60)
        races(100 if options.quick else 1000)
        seal_open(3 if options.quick else 9)
        consent_write(*((1, 1.0, 80) if options.quick else (6, 4.0, 200)))
        verify(50_000 if options.quick else 1_000_000, 3)
    finally:
        connection.close()
        _drop(server)


def _options():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a smaller run, under a minute")
    return parser.parse_args()


def _fresh_database(server):
    _drop(server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}")


def _drop(server):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


# -- withdrawing ----------------------------------------------------------------------------------


def withdraw_latency(n):
    """p95 of a withdrawal of a purpose with 10,000 linked rows, against a one-row transaction."""
    from django.db import transaction

    from apps.audit.models import Action
    from apps.audit.services.audit_events import record
    from apps.consent.models import Purpose
    from apps.consent.services.decisions import withdraw
    from tests import factories

    students = _students(n, "latency")
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)
        _link_many(student)
    ours, bare = [], []
    for student in students:
        guardian = student.guardianships.get().guardian.user
        with _timed(bare), transaction.atomic():
            record(Action.RECORD_CHANGED)
        with _timed(ours):
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

    students = _students(n, "races")
    for student in students:
        factories.make_effective(student, Purpose.ATTENDANCE)
    stop = multiprocessing.Event()
    ids = [(student.pk, student.municipality_id) for student in students]
    source = _source(students[0])
    workers = [
        multiprocessing.Process(target=_sync_worker, args=(ids, source, stop, seed))
        for seed in range(3)
    ]
    _close()
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
    import django

    django.setup()
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
        with _timed(reference):
            for _ in rows:
                nonce = os.urandom(12)
                bare.decrypt(nonce, bare.encrypt(nonce, plain, aad), aad)
        with _timed(ours):
            for row in rows:
                key.seal(row, CONTENT)
                key.open(row)
    speed, floor = (len(rows) / (median(times) / 1000) for times in (ours, reference))
    figure("seal_open", speed, "per_s", ratio=speed / floor, to="aes_gcm", goal=0.5)


# -- deciding -------------------------------------------------------------------------------------


def consent_write(rounds, seconds, n_schools):
    """A decision with its receipt into the ledger, against the same rows without a ledger.

    Two references: the rows as Django writes them, and, stricter, as a decision writes its own
    (``apps.core.sql_batches``), so that only proof, chain and head are left between the two.
    """
    students = _students(n_schools, "write", schools=n_schools)
    ids = [(str(s.pk), str(s.guardianships.get().guardian_id)) for s in students]
    _close()
    done = {"ledger": [], "plain": [], "lean": []}
    for number in range(rounds):
        names = ["plain", "ledger", "lean"]
        for name in names[number % 3 :] + names[: number % 3]:
            with multiprocessing.Pool(CLIENTS) as pool:
                counts = pool.starmap(
                    _decider, [(name, ids, seconds, seed) for seed in range(CLIENTS)]
                )
            done[name].append(sum(counts) / seconds)
    ours, plain, lean = (median(done[name]) for name in ("ledger", "plain", "lean"))
    figure("consent_write", ours, "per_s", ratio=ours / plain, to="plain_insert", goal=0.65)
    figure("consent_write_lean", ours, "per_s", ratio=ours / lean, to="lean_insert", goal=0.65)


def _decider(name, ids, seconds, seed):
    """How many decisions one client writes in ``seconds``."""
    import django

    django.setup()
    from django.db import transaction
    from django.utils import timezone

    from apps.consent.models import ConsentDecision, ConsentDocument, ConsentReceipt
    from apps.consent.receipts.facts import facts_to_sign, sign_receipt
    from apps.consent.services.decision_chain import append_decisions
    from apps.core.sql_batches import StatementBatch, insert_rows
    from apps.people.models import Guardian, Student

    choose = random.Random(seed)
    students = Student.objects.in_bulk([pk for pk, _ in ids])
    guardians = Guardian.objects.in_bulk([pk for _, pk in ids])
    people = [(students[uuid.UUID(s)], guardians[uuid.UUID(g)]) for s, g in ids]
    document = ConsentDocument.objects.filter(purpose="attendance").first()
    documents, answers = {"attendance": document}, {"attendance": "given"}
    n, stop = 0, time.monotonic() + seconds
    while time.monotonic() < stop:
        student, guardian = choose.choice(people)
        with transaction.atomic():
            receipt = ConsentReceipt(
                municipality_id=student.municipality_id, student=student, party="guardian",
                guardian=guardian, decided_by_id=guardian.user_id, channel="web",
                form_key=uuid.uuid4(), decided_at=timezone.now(),
            )  # fmt: skip
            if name == "ledger":
                batch = StatementBatch()  # as a decision does
                receipt.proof = sign_receipt(
                    facts_to_sign(receipt, answers, documents), receipt.form_key
                )
                insert_rows([receipt], batch)
                append_decisions(receipt, answers, documents, batch=batch)
                batch.send()
                n += 1
                continue
            decision = ConsentDecision(
                municipality_id=student.municipality_id, school_id=student.school_id,
                seq=secrets.randbits(31), link_key="plain", link=b"", receipt=receipt,
                student=student, purpose="attendance", document=document,
                party="guardian", guardian=guardian, response="given",
                decided_at=receipt.decided_at,
            )  # fmt: skip
            if name == "lean":
                batch = StatementBatch()
                insert_rows([receipt], batch)
                insert_rows([decision], batch)
                batch.send()
            else:
                receipt.save(force_insert=True)
                ConsentDecision.objects.bulk_create([decision])
        n += 1
    return n


# -- verifying ------------------------------------------------------------------------------------


def verify(n, rounds):
    """Verifying the whole ledger, against PostgreSQL hashing the same bytes by itself."""
    from django.db import connection

    from apps.consent.services.decision_chain import CANONICAL_SQL
    from apps.consent.services.ledger_verification import verify_ledger

    _many_decisions(n)
    ours, reference = [], []
    for _ in range(rounds):
        with _timed(reference), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(sha256(convert_to({CANONICAL_SQL}, 'UTF8'))) "  # noqa: S608
                "FROM consent_consentdecision d "
                "LEFT JOIN consent_consentreceipt r ON r.id = d.receipt_id "
                "LEFT JOIN consent_consentdocument w ON w.id = d.document_id"
            )
        with _timed(ours):
            verdict = verify_ledger()
        if verdict.findings or verdict.n_entries < n:
            sys.exit(f"The ledger of the bench is not whole: {verdict.findings[:2]}")
    speed, floor = (verdict.n_entries / (median(times) / 1000) for times in (ours, reference))
    figure("verify_ledger", speed, "rows_per_s", ratio=speed / floor, to="sha256_in_sql", goal=0.4)
    if n >= 1_000_000 and speed < 200_000:
        print(f"verify_ledger is below 200,000 rows/s: {speed:.0f}")


def _many_decisions(n):
    """A ledger of ``n`` entries in 20 chains, ten to a receipt, written past the ORM."""
    from django.db import connection
    from django.utils import timezone

    from apps.consent.models import ConsentDecision, ConsentDocument, Purpose
    from apps.consent.services.decision_chain import chained_fields
    from apps.ledger import hash_chain
    from apps.ledger.services.chains import signing_ring
    from tests import without_triggers

    with connection.cursor() as cursor:  # the other figures' rows do not belong to this ledger
        for statement in without_triggers.OFF:
            cursor.execute(statement)
        cursor.execute("TRUNCATE consent_consentdecision, ledger_chainhead CASCADE")
        for statement in without_triggers.ON:
            cursor.execute(statement)
    students = _students(20, "verify", schools=20)
    document = ConsentDocument.objects.filter(purpose="attendance").first()
    name, seed = signing_ring().keys[0]
    key, at = hash_chain.chain_key(seed), timezone.now()
    receipts = "id, municipality_id, student_id, party, guardian_id, decided_by_id, channel, form_key, decided_at, proof"
    decisions = "municipality_id, school_id, seq, link_key, link, receipt_id, student_id, purpose, document_id, party, guardian_id, response, decided_at"
    heads = []
    for student in students:
        guardianship = student.guardianships.get()
        entries, before, rows = [], hash_chain.GENESIS, []
        for seq in range(1, n // len(students) + 1):
            if seq % 10 == 1:
                receipt = _Receipt(uuid.uuid4(), guardianship.guardian.user_id)
                rows.append(
                    (receipt.pk, student.municipality_id, student.pk, "guardian", guardianship.guardian_id,
                     receipt.decided_by_id, "web", uuid.uuid4(), at, "")
                )  # fmt: skip
            entry = ConsentDecision(
                municipality_id=student.municipality_id, school_id=student.school_id, seq=seq,
                receipt_id=receipt.pk, student_id=student.pk, purpose=Purpose.values[seq % 10],
                document_id=document.pk, party="guardian", guardian_id=guardianship.guardian_id,
                response="given", decided_at=at,
            )  # fmt: skip
            before = hash_chain.link_digest(
                key, before, hash_chain.canonical_bytes(chained_fields(entry, receipt, document))
            )
            entries.append(
                (entry.municipality_id, entry.school_id, seq, name, before, receipt.pk, student.pk,
                 entry.purpose, document.pk, "guardian", guardianship.guardian_id, "given", at)
            )  # fmt: skip
        heads.append((student.school_id, seq, before))
        _copy(f"consent_consentreceipt ({receipts})", rows)
        _copy(f"consent_consentdecision ({decisions})", entries)
    _copy("ledger_chainhead (chain_id, seq, link, signed_seq)", [(*head, 0) for head in heads])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Receipt:
    """As much of a receipt as the chain hashes."""

    channel = "web"

    def __init__(self, pk, decided_by_id):
        self.pk, self.decided_by_id = pk, decided_by_id


def _copy(target, rows):
    from django.db import connection

    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


# -- test data --------------------------------------------------------------------------------------


def _students(n, name, schools=1):
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


def _source(student):
    from tests.vault.sealing_helpers import source

    return source(student.school).pk


def _link_many(student):
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
            [_source(student), ROWS_OF_A_STUDENT, student.pk],
        )
        if cursor.rowcount != ROWS_OF_A_STUDENT:
            sys.exit(f"{cursor.rowcount} rows were linked, not {ROWS_OF_A_STUDENT}")


def _close():
    from django.db import connection

    connection.close()


class _timed:
    """Appends the milliseconds of the block to a list."""

    def __init__(self, to):
        self.to = to

    def __enter__(self):
        self.began = time.perf_counter()

    def __exit__(self, *_):
        self.to.append((time.perf_counter() - self.began) * 1000)


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    main()
