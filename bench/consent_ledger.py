# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""Cost of the ledger of decisions: writing to it, and verifying all of it. Used by consent.py."""

import multiprocessing
import random
import secrets
import sys
import time
import uuid

from bench.consent_seed import close_connection, make_students, timed
from bench.harness import figure, median
from bench.linkage_seed import copy

CLIENTS = 8


# -- deciding -------------------------------------------------------------------------------------


def consent_write(rounds, seconds, n_schools):
    """A decision with its receipt into the ledger, against the same rows without a ledger.

    Two references: the rows as Django writes them, and, stricter, as a decision writes its own
    (``apps.core.sql_batches``), so that only proof, chain and head are left between the two.
    """
    students = make_students(n_schools, "write", schools=n_schools)
    ids = [(str(s.pk), str(s.guardianships.get().guardian_id)) for s in students]
    close_connection()
    done = {"ledger": [], "plain": [], "lean": []}
    together = multiprocessing.Barrier(CLIENTS)
    with multiprocessing.Pool(CLIENTS, _start_client, [together]) as pool:
        for number in range(rounds):
            names = ["plain", "ledger", "lean"]
            for name in names[number % 3 :] + names[: number % 3]:
                counts = pool.starmap(
                    _decider, [(name, ids, seconds, seed) for seed in range(CLIENTS)], 1
                )
                done[name].append(sum(counts) / seconds)
    ours, plain, lean = (median(done[name]) for name in ("ledger", "plain", "lean"))
    figure("consent_write", ours, "per_s", ratio=ours / plain, to="plain_insert", goal=0.65)
    figure("consent_write_lean", ours, "per_s", ratio=ours / lean, to="lean_insert", goal=0.65)


def _start_client(together):
    """Django in a client's process; ``together`` lets all clients begin at one time."""
    from bench.in_process import set_up_django

    set_up_django()
    _decider.together = together


def _decider(name, ids, seconds, seed):
    """How many decisions one client writes in ``seconds``."""
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
    _decider.together.wait()
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
        with timed(reference), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(sha256(convert_to({CANONICAL_SQL}, 'UTF8'))) "  # noqa: S608
                "FROM consent_consentdecision d "
                "LEFT JOIN consent_consentreceipt r ON r.id = d.receipt_id "
                "LEFT JOIN consent_consentdocument w ON w.id = d.document_id"
            )
        with timed(ours):
            verdict = verify_ledger()
        if verdict.findings or verdict.n_entries < n:
            sys.exit(f"The ledger of the bench is not whole: {verdict.findings[:2]}")
    speed, floor = (verdict.n_entries / (median(times) / 1000) for times in (ours, reference))
    figure("verify_ledger", speed, "rows_per_s", ratio=speed / floor, to="sha256_in_sql", goal=0.4)
    if n >= 1_000_000 and speed < 200_000:
        print(f"verify_ledger is below 200,000 rows/s: {speed:.0f}")


def chain_audit(n, rounds):
    """Chaining and verifying the audit record, against PostgreSQL hashing the same bytes by itself."""
    from django.db import connection

    from apps.audit.canonical import CANONICAL_SQL
    from apps.consent.services.ledger_verification import verify_ledger
    from apps.ledger.tasks import chain_audit_events

    _many_events(n)
    chaining, ours, reference = [], [], []
    with timed(chaining):
        while chain_audit_events():
            pass
    for _ in range(rounds):
        with timed(reference), connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(sha256(convert_to({CANONICAL_SQL}, 'UTF8'))) "  # noqa: S608
                "FROM audit_auditevent e"
            )
        with timed(ours):
            verdict = verify_ledger()
        if verdict.findings or verdict.n_rows != n:
            sys.exit(f"The audit record of the bench is not whole: {verdict.findings[:2]}")
    chained, speed, floor = (n / (median(times) / 1000) for times in (chaining, ours, reference))
    figure(
        "audit_chain", chained, "rows_per_s", ratio=chained / floor, to="sha256_in_sql", goal=0.2
    )
    figure("audit_verify", speed, "rows_per_s", ratio=speed / floor, to="sha256_in_sql", goal=0.3)


EVENTS = """
INSERT INTO audit_auditevent (at, municipality_id, actor_id, actor_role, action, subject_id, thing,
  thing_id, purpose, reason_code, is_emergency, detail, audience)
SELECT now() - interval '1 second' * n, md5('c')::uuid, md5(mod(n, 900)::text)::uuid, 7, 1 + mod(n, 3), md5(mod(n, 6000)::text)::uuid,
  'linkage.LinkedRecord', decode(md5(n::text), 'hex'), 2, 'meeting', false, '', 1
FROM generate_series(1, %s) AS n"""


def _many_events(n):
    """``n`` audit events, and no ledger."""
    from django.db import connection

    from tests import without_triggers

    with connection.cursor() as cursor:
        for statement in without_triggers.OFF:
            cursor.execute(statement)
        cursor.execute(
            "TRUNCATE consent_consentdecision, consent_consentreceipt, ledger_chainhead, "
            "ledger_chainedrange, ledger_chainlimit, audit_auditevent CASCADE"
        )
        for statement in without_triggers.ON:
            cursor.execute(statement)
        cursor.execute(EVENTS, [n])
        cursor.execute("VACUUM ANALYZE audit_auditevent")


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
        cursor.execute(
            "TRUNCATE consent_consentdecision, consent_consentreceipt, ledger_chainhead, "
            "ledger_chainedrange, ledger_chainlimit, audit_auditevent CASCADE"
        )
        for statement in without_triggers.ON:
            cursor.execute(statement)
    students = make_students(20, "verify", schools=20)
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
        copy(f"consent_consentreceipt ({receipts})", rows)
        copy(f"consent_consentdecision ({decisions})", entries)
    copy("ledger_chainhead (chain_id, seq, link, signed_seq)", [(*head, 0) for head in heads])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Receipt:
    """As much of a receipt as the chain hashes."""

    channel = "web"

    def __init__(self, pk, decided_by_id):
        self.pk, self.decided_by_id = pk, decided_by_id
