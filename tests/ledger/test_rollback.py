"""After a restore the ledger is damaged until a signed acknowledgement makes it whole."""

import threading
import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.audit.models import AuditEvent
from apps.consent.models import ConsentReceipt, Purpose
from apps.consent.services import decisions
from apps.consent.services.ledger_monitoring import report_ledger_damage
from apps.consent.services.ledger_verification import verify_ledger
from apps.core.storage_aliases import LEDGER
from apps.ledger.models import Checkpoint
from apps.ledger.services.checkpoints import (
    make_checkpoint,
    second_place,
    statements_in_second_place,
)
from apps.ledger.tasks import chain_audit_events
from apps.vault.models import DamageReport
from tests import factories
from tests.storage_folders import use_folder
from tests.vault.restore_helpers import back_up, restore
from tests.without_triggers import triggers_off

ATTENDANCE, INCOME = Purpose.ATTENDANCE, Purpose.INCOME
TABLES = ("consent_consentdecision", "consent_consentreceipt", "ledger_chainhead",
          "ledger_checkpoint")  # fmt: skip


@pytest.fixture
def second(settings, tmp_path):
    use_folder(settings, LEDGER, tmp_path / "second")
    return tmp_path / "second"


def answer(cast, response):
    decisions.decide(
        student=cast.sakura, actor=cast.midori.user, answers={ATTENDANCE: response},
        form_key=uuid.uuid4(),
    )  # fmt: skip


@pytest.fixture
def restored(cast, second, transactional_db):
    """Three checkpoints, of which the database lost two in a restore, and a decision since."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    make_checkpoint()
    backup = back_up()
    for response in ("later", "given"):
        answer(cast, response)
        make_checkpoint()
    restore(backup)
    answer(cast, "later")
    return cast


def whats(findings):
    return " ".join(f"{finding.where}: {finding.what}" for finding in findings)


def test_until_somebody_says_so_nothing_is_signed_over_and_the_findings_say_why(restored):
    assert make_checkpoint() is None
    assert sorted(statements_in_second_place()) == [1, 2, 3]
    assert Checkpoint.objects.count() == 1
    found = whats(verify_ledger().findings)
    assert "checkpoint 2: is gone from the database" in found


def test_the_acknowledgement_is_signed_kept_in_both_places_and_the_ledger_is_whole(
    restored, capsys
):
    call_command("acknowledge_rollback", reason="ディスクの故障のため")
    assert "Checkpoint 4" in capsys.readouterr().out
    assert sorted(statements_in_second_place()) == [1, 2, 3, 4]
    assert verify_ledger().findings == []
    answer(restored, "given")
    assert make_checkpoint().pk == 5
    assert verify_ledger().findings == []
    assert report_ledger_damage() == 0


def test_the_audit_record_is_chained_on_after_a_restore(cast, second, transactional_db):
    factories.make_effective(cast.sakura, ATTENDANCE)
    assert chain_audit_events() > 0
    make_checkpoint()
    backup = back_up()
    answer(cast, "later")
    chain_audit_events()
    make_checkpoint()
    restore(backup)
    answer(cast, "given")
    assert chain_audit_events() > 0
    assert "checkpoint 2: is gone from the database" in whats(verify_ledger().findings)
    call_command("acknowledge_rollback", reason="ディスクの故障のため")
    verdict = verify_ledger()
    assert (verdict.findings, verdict.n_rows) == ([], AuditEvent.objects.count())
    answer(cast, "later")
    chain_audit_events()
    make_checkpoint()
    assert verify_ledger().findings == []


def test_twice_is_refused(restored):
    call_command("acknowledge_rollback", reason="ディスクの故障のため")
    with pytest.raises(CommandError, match="nothing that this database does not"):
        call_command("acknowledge_rollback", reason="もう一度")


def test_without_a_restore_there_is_nothing_to_acknowledge(cast, second):
    factories.make_effective(cast.sakura, ATTENDANCE)
    make_checkpoint()
    with pytest.raises(CommandError):
        call_command("acknowledge_rollback", reason="まちがい")


def test_of_two_hosts_that_copy_a_checkpoint_one_does(cast, second, transactional_db, monkeypatch):
    factories.make_effective(cast.sakura, ATTENDANCE)
    save = second_place().save

    def other_host():
        make_checkpoint()
        connection.close()

    def save_later(*args):
        monkeypatch.setattr(second_place(), "save", save)
        other = threading.Thread(target=other_host)
        other.start()
        other.join(20)
        return save(*args)

    monkeypatch.setattr(second_place(), "save", save_later)
    make_checkpoint()
    assert second_place().listdir("checkpoints/00000")[1] == ["000000001.jws"]
    assert Checkpoint.objects.get().copied_at
    (second / "checkpoints/00000/000000001_x").write_text("a file of somebody else")
    assert verify_ledger().findings == []


def test_numbers_that_were_signed_twice_while_the_second_place_was_away_are_told_apart(
    restored, second
):
    away = second.with_name("away")
    second.rename(away)
    second.write_text("no folder")
    assert make_checkpoint().pk == 2  # nobody could know that the number was taken
    second.unlink()
    away.rename(second)
    answer(restored, "given")
    assert make_checkpoint() is None
    assert Checkpoint.objects.get(pk=2).copied_at is None
    call_command("acknowledge_rollback", reason="ディスクの故障のため")
    assert Checkpoint.objects.last().pk == 4
    make_checkpoint()
    found = whats(verify_ledger().findings)
    assert found == ""


def test_after_the_acknowledgement_a_change_is_still_found(restored):
    call_command("acknowledge_rollback", reason="ディスクの故障のため")
    with triggers_off() as cursor:
        cursor.execute("UPDATE consent_consentdecision SET response = 'refused' WHERE seq = 1")
    assert verify_ledger().findings


# -- every column is covered ---------------------------------------------------------------------

# Columns that nobody reads and nothing verifies; each with the reason.
FREE = {
    ("ledger_checkpoint", "copied_at"): "the next run copies again and notes it anew",
    ("consent_consentdecision", "id"): "as long as the order stays: see the test of the order",
}


def columns():
    for model in (ConsentReceipt, *(m for m in _models() if m is not ConsentReceipt)):
        for field in model._meta.concrete_fields:
            yield model._meta.db_table, field.column


def _models():
    from apps.consent.models import ConsentDecision  # noqa: PLC0415
    from apps.ledger.models import ChainHead  # noqa: PLC0415

    return ConsentReceipt, ConsentDecision, ChainHead, Checkpoint


OTHER = {  # by type of the column: another value of it
    "uuid": "gen_random_uuid()",
    "int4": "{} + 1000",
    "int8": "{} + 1000",
    "timestamptz": "{} + interval '1 hour'",
    "bytea": "'\\x00'::bytea",
}
WORDS = {
    "party": "'student'",
    "channel": "'paper'",
    "response": "'withdrawn'",
    "purpose": "'income'",
}


def other(cursor, table, column):
    if column in WORDS:
        return WORDS[column]
    if column == "guardian_id":
        return "NULL"
    cursor.execute(
        "SELECT udt_name FROM information_schema.columns WHERE table_name = %s AND column_name = %s",
        [table, column],
    )
    return OTHER.get(cursor.fetchone()[0], "'altered'").format(column)


@pytest.mark.parametrize(("table", "column"), sorted(set(columns()) - FREE.keys()))
def test_each_column_that_is_altered_by_hand_is_found(cast, second, table, column):
    """In the newest row, before any checkpoint has seen it (of checkpoints: in the last one)."""
    factories.make_effective(cast.sakura, ATTENDANCE)
    make_checkpoint()
    if table != "ledger_checkpoint":
        answer(cast, "given")
    assert verify_ledger().findings == []
    with triggers_off() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in constraints(cursor, table):
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
        if (table, column) != ("ledger_chainhead", "chain_id") and column != "id":
            cursor.execute(f"ALTER TABLE {table} ALTER {column} DROP NOT NULL")
        value = other(cursor, table, column)
        newest = NEWEST[table]
        cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE {newest}")  # noqa: S608
        assert cursor.rowcount == 1
    assert verify_ledger(newest_only=True).findings != [], (table, column)


NEWEST = {
    "consent_consentreceipt": "decided_at = (SELECT max(decided_at) FROM consent_consentreceipt)",
    "consent_consentdecision": "seq = (SELECT max(seq) FROM consent_consentdecision)",
    "ledger_chainhead": "TRUE",
    "ledger_checkpoint": "TRUE",
}


def constraints(cursor, table):
    cursor.execute(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'f', 'u')",
        [table],
    )
    return [name for (name,) in cursor.fetchall()]


def test_an_id_that_changes_which_word_is_the_last_is_found(cast, second):
    factories.make_effective(cast.sakura, ATTENDANCE)
    with triggers_off() as cursor:
        cursor.execute("UPDATE consent_consentdecision SET id = id + 1000 WHERE seq = 1")
    assert "its id does not follow" in whats(verify_ledger().findings)


def test_a_tail_cut_off_before_any_checkpoint_saw_it_is_found_by_the_record(cast, second):
    factories.make_effective(cast.sakura, ATTENDANCE)
    make_checkpoint()
    with triggers_off() as cursor:
        cursor.execute("SELECT seq, link FROM ledger_chainhead")
        seq, link = cursor.fetchone()
    answer(cast, "given")
    with triggers_off() as cursor:
        cursor.execute("DELETE FROM consent_consentdecision WHERE seq > %s", [seq])
        cursor.execute("UPDATE ledger_chainhead SET seq = %s, link = %s", [seq, link])
        cursor.execute(
            "DELETE FROM consent_consentreceipt r WHERE NOT EXISTS "
            "(SELECT FROM consent_consentdecision WHERE receipt_id = r.id)"
        )
    assert "was given, and is gone" in whats(verify_ledger(newest_only=True).findings)


def test_what_the_clock_finds_is_told_to_the_privacy_officer_once(cast, second, settings):
    entry = settings.CELERY_BEAT_SCHEDULE["consent.verify_ledger"]
    assert entry["schedule"] <= 3600
    factories.make_effective(cast.sakura, ATTENDANCE)
    with triggers_off() as cursor:
        cursor.execute("UPDATE consent_consentdecision SET response = 'refused' WHERE seq = 1")
    n_found = report_ledger_damage()
    assert n_found > 0
    report_ledger_damage()
    assert DamageReport.objects.filter(kind="ledger_changed").count() == n_found
    assert AuditEvent.objects.exists()
