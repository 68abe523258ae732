"""The chained audit record in PostgreSQL: nothing late is left out, every change by hand is found."""

import pytest
from django.db import connection, transaction

from apps.audit.canonical import CANONICAL_SQL
from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.services.ledger_verification import signing_key_problems, verify_ledger
from apps.core import clock
from apps.core.crypto import KeyRing
from apps.ledger.audit_rows import AUDIT_EVENTS
from apps.ledger.models import ChainedRange, ChainHead, ChainLimit, Checkpoint
from apps.ledger.services import checkpoint_checks, checkpoints, row_chains, settled_rows
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.checkpoints import (
    acknowledge_rollback,
    make_checkpoint,
    statement_path,
)
from apps.ledger.services.row_chains import chain_settled_rows
from apps.ledger.signatures import sign_json, verify_json
from apps.ledger.tasks import chain_rows
from tests.ledger.canonical_events import canonical_event
from tests.ledger.chained_events import another_connection, by_hand, events, store
from tests.ledger.test_verification import place  # noqa: F401 - a fixture
from tests.vault.sealing_helpers import in_thread

INSERT = (
    "INSERT INTO audit_auditevent (at, actor_role, action, thing, thing_id, purpose, reason_code, "
    "is_emergency, detail, audience) "
    "VALUES (now(), 1, 73, '', '', 0, '', false, 'late', 1) RETURNING id"
)


@pytest.fixture
def chained(db, monkeypatch):
    """Thirty events in five ranges, and a checkpoint."""
    monkeypatch.setattr(row_chains, "ROWS_OF_A_RANGE", 6)
    store(30)
    assert chain_settled_rows(AUDIT_EVENTS) == 30
    make_checkpoint()
    assert whats() == []


def whats():
    return [f"{found.where}: {found.what}" for found in verify_ledger().findings]


def test_python_and_postgresql_write_the_same_bytes(db):
    store(300)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.id, {CANONICAL_SQL} FROM audit_auditevent e")  # noqa: S608
        written = {pk: text.encode() for pk, text in cursor.fetchall()}
    assert written == {event.pk: canonical_event(event) for event in AuditEvent.objects.all()}
    assert len(set(written.values())) == 300
    assert b"\n" not in b"".join(written.values())
    assert canonical_event(events(1)[0]).startswith(b"1|1|1775001911")


def test_every_column_of_the_record_is_in_the_bytes():
    columns = {f"e.{field.column}" for field in AuditEvent._meta.concrete_fields}
    assert [column for column in columns if column not in CANONICAL_SQL] == []


def test_each_column_of_events_and_ranges_that_is_altered_is_found(chained):
    others = {"uuid": "gen_random_uuid()", "timestamptz": "{} + interval '1 microsecond'",
              "bytea": "'\\x00'::bytea", "bool": "NOT {}", "_varchar": "'{{x}}'"}  # fmt: skip
    altered = 0
    for model, where in ((AuditEvent, "mod(id, 30) = 7"), (ChainedRange, "seq = 3")):
        table = model._meta.db_table
        for field in model._meta.concrete_fields:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT udt_name FROM information_schema.columns "
                    "WHERE table_name = %s AND column_name = %s",
                    [table, field.column],
                )
                (kind,) = cursor.fetchone()
            if field.column == "month" or (model, field.column) == (ChainedRange, "id"):
                continue  # computed; a number that nobody reads
            number = f"coalesce({field.column}, 0) + 100"
            value = number if kind.startswith("int") else others.get(kind, "'altered'")
            with transaction.atomic():
                changed = f"{field.column} = {value.format(field.column)}"
                by_hand(f"UPDATE {table} SET {changed} WHERE {where}")  # noqa: S608
                assert whats() != [], (table, field.column)
                transaction.set_rollback(True)
            altered += 1
    assert altered == 17 + 10
    assert whats() == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("DELETE FROM audit_auditevent WHERE mod(id, 30) = 7", "6 rows were chained, 5 are there"),
        (f"{INSERT.replace('(at', '(id, at').replace('(now()', '(-4, now()')}", "there are more"),
        (f"{INSERT.replace('(at', '(id, at').replace('(now()', '(9999999, now()')}", "by hand"),
        (
            "UPDATE audit_auditevent a SET subject_id = b.subject_id, detail = b.detail || 'x' "
            "FROM audit_auditevent b WHERE mod(a.id, 30) = 7 AND abs(b.id - a.id) = 1",
            "a row is not what was chained",
        ),
        (
            "UPDATE audit_auditevent SET at = 'infinity' WHERE mod(id, 30) = 7",
            "not what was chained",
        ),
        ("DELETE FROM ledger_chainedrange WHERE seq = 2", "a range is missing"),
        ("DELETE FROM ledger_chainedrange WHERE seq = 5", "the tail was cut"),
        ("DELETE FROM ledger_chainedrange", "the tail was cut"),
        ("SELECT setval(pg_get_serial_sequence('audit_auditevent', 'id'), 1)", "was set back"),
    ],
)
def test_what_is_done_by_hand_is_found(chained, change, found):
    by_hand(change)
    assert any(found in what for what in whats()), whats()


def test_a_tail_cut_with_its_ranges_its_head_and_its_checkpoint_is_found(chained):
    store(6, seed=2)
    chain_settled_rows(AUDIT_EVENTS)
    make_checkpoint()
    row = ChainedRange.objects.get(seq=5)
    by_hand("DELETE FROM audit_auditevent WHERE id > %s", row.last_id)
    by_hand("DELETE FROM ledger_chainedrange WHERE seq = 6")
    by_hand("UPDATE ledger_chainhead SET seq = 5, signed_seq = 5, link = %s", bytes(row.link))
    assert any("saw it, and the chain ends before it: cut" in what for what in whats())
    by_hand("DELETE FROM ledger_checkpoint WHERE id = 2")
    assert any("is gone from the database" in what for what in whats())


def test_a_checkpoint_that_another_key_signed_is_found(chained, place):  # noqa: F811
    checkpoint = Checkpoint.objects.get()
    payload = verify_json(signing_ring(), checkpoint.statement)
    forged = sign_json(KeyRing.parse(f"other:{'A' * 43}"), payload)
    by_hand("UPDATE ledger_checkpoint SET statement = %s", forged)
    assert "checkpoint 1: differs from the second place" in whats()
    (place / statement_path(1)).write_text(forged)
    assert "checkpoint 1: its signature is not ours" in whats()


def test_what_is_not_chained_yet_is_chained_once_and_only_that_is_read(chained):
    assert chain_settled_rows(AUDIT_EVENTS) == 0
    record(Action.SIGNED_IN)
    chain_rows()
    assert list(ChainedRange.objects.order_by("seq").values_list("n_rows", flat=True)) == [
        6, 6, 6, 6, 6, 1
    ]  # fmt: skip
    assert verify_ledger().n_rows == 31


def test_after_an_outage_it_catches_up_in_ranges(db, monkeypatch):
    monkeypatch.setattr(row_chains, "ROWS_OF_A_RANGE", 10)
    monkeypatch.setattr(row_chains, "MOST_RANGES", 2)
    store(35)
    assert [chain_settled_rows(AUDIT_EVENTS) for _ in range(3)] == [20, 15, 0]
    assert verify_ledger().findings == []


def test_nothing_is_chained_where_nothing_was_written(db):
    assert chain_settled_rows(AUDIT_EVENTS) == 0
    assert not ChainHead.objects.exists()
    assert verify_ledger().findings == []


def test_the_start_names_the_signing_key_that_ranges_need(chained, settings):
    assert list(signing_key_problems()) == []
    name = settings.SIGNING_KEYS.partition(":")[0]
    settings.SIGNING_KEYS = f"new:{'A' * 43}"
    (problem,) = signing_key_problems()
    assert f"SIGNING_KEYS lacks the key '{name}'" in problem
    settings.SIGNING_KEYS = f"{name}:{'A' * 43}"
    (problem,) = signing_key_problems()
    assert "another key" in problem


def test_no_session_keeps_numbers_for_later(db):
    """Else an id below a settled one could still be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seqcache FROM pg_sequence WHERE seqrelid = "
            "pg_get_serial_sequence('audit_auditevent', 'id')::regclass"
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_row_that_comes_late_is_neither_left_out_nor_below_a_range(place, monkeypatch, caplog):  # noqa: F811
    monkeypatch.setattr(settled_rows, "TRIES", 2)
    store(3)
    with another_connection() as late, another_connection() as undone:
        (late_id,) = late.execute(INSERT).fetchone()
        undone.execute(INSERT)
        record(Action.SIGNED_IN)  # a higher id, seen at once
        assert chain_settled_rows(AUDIT_EVENTS) == 0
        assert "does not end" not in caplog.text
        ChainLimit.objects.update(noted_at=clock.now() - settled_rows.LATE)
        assert chain_settled_rows(AUDIT_EVENTS) == 0
        assert "a transaction writes audit_auditevent and does not end" in caplog.text
        with another_connection() as newcomer:  # writers that come later are not waited for
            newcomer.execute(INSERT)
            assert chain_settled_rows(AUDIT_EVENTS) == 0
            late.commit()
            undone.rollback()
            assert chain_settled_rows(AUDIT_EVENTS) == 5
            newcomer.commit()
        assert chain_settled_rows(AUDIT_EVENTS) == 1
    assert ChainedRange.objects.filter(first_id__lte=late_id, last_id__gte=late_id).exists()
    assert verify_ledger().findings == []


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_make_one_range(place):  # noqa: F811
    store(20)
    runs = [in_thread(lambda: chain_settled_rows(AUDIT_EVENTS)) for _ in range(3)]
    assert sorted(run.result() for run in runs) == [0, 0, 20]
    assert ChainedRange.objects.count() == 1
    assert verify_ledger().findings == []


def test_statements_are_verified_a_folder_at_a_time(chained, monkeypatch, place):  # noqa: F811
    for module in (checkpoints, checkpoint_checks):
        monkeypatch.setattr(module, "FOLDER_SIZE", 2)
    (place / "checkpoints" / "00000" / "000000001.jws").rename(place / statement_path(1))
    for _ in range(5):
        record(Action.SIGNED_IN)
        chain_rows()
        make_checkpoint()
    assert len([*(place / "checkpoints").iterdir()]) == 4
    assert whats() == []
    path = place / statement_path(4)
    text = path.read_text()
    path.unlink()
    assert whats() == ["checkpoint 4: is gone from the second place"]
    path.write_text(text)
    by_hand("DELETE FROM ledger_checkpoint WHERE id > 4")
    assert [f"checkpoint {n}: is gone from the database" for n in (5, 6)] == whats()[:2]
    acknowledge_rollback("ディスクの故障")
    assert whats() == []
