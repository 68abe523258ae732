"""The ledger in PostgreSQL: every change by hand is found, and named."""

import io
import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.consent.models import ConsentDecision, ConsentDocument, ConsentReceipt, Purpose, Response
from apps.consent.services.decisions import decide
from apps.consent.services.ledger_verification import signing_key_problems, verify_ledger
from apps.consent.services.purpose_status import statuses_for
from apps.core.storage_aliases import LEDGER
from apps.ledger.models import Checkpoint
from apps.ledger.services.checkpoints import make_checkpoint, second_place, statement_path
from tests import factories
from tests.database_roles import as_owner
from tests.storage_folders import use_folder
from tests.without_triggers import triggers_off

PURPOSES = (Purpose.ATTENDANCE, Purpose.GRADES, Purpose.NURSE_ROOM)


@pytest.fixture(autouse=True)
def place(settings, tmp_path):
    """A second place for this test only."""
    use_folder(settings, LEDGER, tmp_path)
    return tmp_path


@pytest.fixture
def decided(cast):
    for purpose in PURPOSES:
        factories.policy(cast.city, purpose)
        factories.document(cast.city, purpose)
    answer(cast.sakura, cast.midori.user, Response.GIVEN)
    answer(cast.sakura, cast.sakura.user, Response.LATER)
    return cast


def answer(student, actor, response):
    answers = dict.fromkeys(PURPOSES, response)
    return decide(student=student, actor=actor, answers=answers, form_key=uuid.uuid4())


def by_hand(sql, *args):
    """What somebody with access to the database does: past every trigger and foreign key."""
    with triggers_off() as cursor:
        cursor.execute(sql, args)
        assert cursor.rowcount > 0


def by_hand_without_checks(sql, *args, losing):
    """The same, after taking every check and NOT NULL from a column."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'c' "
            "AND conrelid = 'consent_consentdecision'::regclass"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE consent_consentdecision DROP CONSTRAINT {name}")
        cursor.execute(f"ALTER TABLE consent_consentdecision ALTER {losing} DROP NOT NULL")
    by_hand(sql, *args)


def found():
    """The findings about chains and statements; receipts have their own tests."""
    findings = verify_ledger().findings
    return [(each.where, each.what) for each in findings if not each.where.startswith("receipt")]


def entry(cast, seq):
    return f"chain {cast.school.pk}, entry {seq}"


def test_what_was_decided_is_whole(decided):
    make_checkpoint()
    verdict = verify_ledger()
    assert verdict.findings == []
    assert (verdict.n_entries, verdict.n_chains, verdict.n_checkpoints) == (6, 1, 1)


def test_every_school_has_a_chain_of_its_own(decided):
    school = factories.school(decided.city, "C117220600024", "南中学校(架空)")
    student = factories.student(factories.school_class(school), "ゆい")
    guardian = factories.guardian(student, "かおり", "kaori@example.com")
    answer(student, guardian.user, Response.REFUSED)
    assert sorted(ConsentDecision.objects.values_list("school__name", "seq")) == sorted(
        [(decided.school.name, seq) for seq in range(1, 7)] + [(school.name, s) for s in (1, 2, 3)]
    )
    assert found() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_consentdecision SET response = 'refused' WHERE seq = 2",
        "UPDATE consent_consentdecision SET party = 'student', guardian_id = NULL WHERE seq = 2",
        "UPDATE consent_consentdecision SET decided_at = decided_at - interval '1 µs' WHERE seq = 2",
        "UPDATE consent_consentdecision SET link = decode(repeat('00', 32), 'hex') WHERE seq = 2",
    ],
)
def test_a_changed_entry_is_named(decided, change):
    by_hand(change.replace("µs", "microsecond"))
    where, what = found()[0]
    assert where == entry(decided, 2)
    assert "changed" in what


def test_a_changed_receipt_is_named_by_its_first_entry(decided):
    receipt = ConsentReceipt.objects.order_by("decided_at").first()
    by_hand("UPDATE consent_consentreceipt SET channel = 'paper' WHERE id = %s", receipt.pk)
    assert found()[0][0] == entry(decided, 1)


def test_changed_words_are_named(decided):
    document = ConsentDocument.objects.get(purpose=Purpose.GRADES)
    by_hand("UPDATE consent_consentdocument SET what = 'すべて' WHERE id = %s", document.pk)
    assert found() == [(f"document {document.pk}", "the published words were changed")]


def test_a_deleted_entry_is_named(decided):
    by_hand("DELETE FROM consent_consentdecision WHERE seq = 3")
    where, what = found()[0]
    assert where == entry(decided, 3)
    assert "missing" in what


def test_two_entries_that_changed_places_are_named(decided):
    by_hand("UPDATE consent_consentdecision SET seq = 99 WHERE seq = 2")
    by_hand("UPDATE consent_consentdecision SET seq = 2 WHERE seq = 3")
    by_hand("UPDATE consent_consentdecision SET seq = 3 WHERE seq = 99")
    assert found()[0][0] == entry(decided, 2)


def test_an_inserted_entry_is_named(decided):
    by_hand(
        "INSERT INTO consent_consentdecision (municipality_id, school_id, seq, link_key, link, "
        "receipt_id, student_id, purpose, document_id, party, guardian_id, response, decided_at) "
        "SELECT municipality_id, school_id, 7, link_key, link, receipt_id, student_id, "
        "'income', document_id, party, guardian_id, 'given', decided_at "
        "FROM consent_consentdecision WHERE seq = 1"
    )
    assert found()[0][0] == entry(decided, 7)


@pytest.mark.parametrize("seq", [-5, 0, 900, 2_147_483_647])
def test_an_entry_of_any_other_number_is_found(decided, seq):
    by_hand_without_checks(
        "UPDATE consent_consentdecision SET seq = %s WHERE seq = 6", seq, losing="seq"
    )
    assert found()


@pytest.mark.parametrize(
    ("losing", "change"),
    [
        ("school_id", "UPDATE consent_consentdecision SET school_id = NULL WHERE seq = 6"),
        ("seq", "UPDATE consent_consentdecision SET seq = NULL WHERE seq = 6"),
    ],
)
def test_an_entry_of_no_chain_is_found(decided, losing, change):
    by_hand_without_checks(change, losing=losing)
    assert found()[0][0] == "an entry of no chain or number"


def test_a_line_slipped_into_an_entry_is_found(decided):
    by_hand_without_checks(
        "UPDATE consent_consentdecision SET response = E'given\\nx' WHERE seq = 2",
        losing="response",
    )
    assert found()[0][0] == entry(decided, 2)


def test_the_first_broken_row_is_named_beyond_the_first_batch(decided, settings):
    for number in range(180):
        answer(
            decided.sakura, decided.midori.user, Response.LATER if number % 2 else Response.GIVEN
        )
    by_hand("UPDATE consent_consentdecision SET response = 'refused' WHERE seq IN (513, 540)")
    assert [where for where, _ in found()] == [entry(decided, 513)]
    by_hand("DELETE FROM consent_consentdecision WHERE seq = 511")
    assert [where for where, _ in found()] == [entry(decided, 511)]


def test_the_chain_goes_on_when_the_signing_keys_are_renewed(decided, settings):
    old = settings.SIGNING_KEYS
    settings.SIGNING_KEYS = f"new:{'A' * 43},{old}"
    answer(decided.sakura, decided.midori.user, Response.REFUSED)
    assert found() == []
    settings.SIGNING_KEYS = old
    assert found()[0][0] == entry(decided, 7)


def test_the_start_names_the_signing_key_that_is_missing(decided, settings):
    assert list(signing_key_problems()) == []
    name = settings.SIGNING_KEYS.partition(":")[0]
    settings.SIGNING_KEYS = f"new:{'A' * 43}"
    (problem,) = signing_key_problems()
    assert f"SIGNING_KEYS lacks the key '{name}'" in problem
    settings.SIGNING_KEYS = f"{name}:{'A' * 43}"
    (problem,) = signing_key_problems()
    assert f"another key under the id '{name}'" in problem


def test_a_clock_that_was_set_back_changes_nobodys_last_word(decided):
    with time_machine.travel(timezone.now() - timedelta(hours=3), tick=False):
        answer(decided.sakura, decided.midori.user, Response.WITHDRAWN)
    for state in statuses_for(decided.sakura, decided.midori.user):
        assert state.own_decision.response == Response.WITHDRAWN
    assert found() == []


def test_a_tail_cut_with_its_head_is_seen_by_the_checkpoint(decided):
    make_checkpoint()
    by_hand("DELETE FROM consent_consentdecision WHERE seq > 4")
    by_hand(
        "UPDATE ledger_chainhead SET seq = 4, "
        "link = (SELECT link FROM consent_consentdecision WHERE seq = 4)"
    )
    assert found() == [
        (entry(decided, 6), "checkpoint 1 saw it, and the chain ends before it: cut")
    ]


def test_a_tail_cut_with_its_checkpoint_is_seen_in_the_second_place(decided):
    make_checkpoint()
    by_hand("DELETE FROM consent_consentdecision")
    by_hand("DELETE FROM ledger_chainhead")
    by_hand("DELETE FROM ledger_checkpoint")
    assert found() == [
        ("checkpoint 1", "is gone from the database"),
        (entry(decided, 6), "checkpoint 1 saw it, and the chain ends before it: cut"),
    ]


def test_a_cut_before_any_checkpoint_is_seen_by_the_head(decided):
    by_hand("DELETE FROM consent_consentdecision WHERE seq = 6")
    assert found()[0][0] == f"chain {decided.school.pk}, head"


def test_a_forged_checkpoint_is_seen(decided):
    make_checkpoint()
    by_hand("UPDATE ledger_checkpoint SET statement = replace(statement, 'a', 'b')")
    assert ("checkpoint 1", "differs from the second place") in found()


def test_a_forged_copy_is_seen(decided, place):
    make_checkpoint()
    path = place / statement_path(1)
    path.write_text(path.read_text().replace("e", "f"))
    assert ("checkpoint 1", "its signature is not ours") in found()


def test_a_lost_copy_is_seen(decided, place):
    make_checkpoint()
    (place / statement_path(1)).unlink()
    assert found() == [("checkpoint 1", "is gone from the second place")]


def test_a_checkpoint_is_made_only_when_something_moved(decided):
    first = make_checkpoint()
    assert make_checkpoint() is None
    answer(decided.sakura, decided.midori.user, Response.WITHDRAWN)
    assert make_checkpoint().pk == first.pk + 1
    assert found() == []


def test_a_second_place_that_is_away_is_made_up_for(decided, settings, place):
    (place / "checkpoints").write_text("a file where the folder should be")
    assert make_checkpoint().pk == 1
    assert Checkpoint.objects.get().copied_at is None
    (place / "checkpoints").unlink()
    make_checkpoint()
    assert Checkpoint.objects.get().copied_at is not None
    assert second_place().exists(statement_path(1))


def test_the_command_says_so_and_names_the_row(decided):
    out = io.StringIO()
    call_command("verify_ledger", stdout=out)
    assert "6 entries in 1 chains" in out.getvalue()
    assert "The ledger is whole." in out.getvalue()
    by_hand("UPDATE consent_consentdecision SET response = 'refused' WHERE seq = 2")
    with pytest.raises(CommandError, match="not what was written"):
        call_command("verify_ledger", stdout=out)
    assert f"BROKEN {entry(decided, 2)}" in out.getvalue()


def test_a_decision_that_fails_leaves_no_gap(decided):
    with pytest.raises(RuntimeError), transaction.atomic():
        answer(decided.sakura, decided.midori.user, Response.REFUSED)
        raise RuntimeError
    answer(decided.sakura, decided.midori.user, Response.REFUSED)
    assert ConsentDecision.objects.order_by("-seq").first().seq == 9
    assert found() == []


def statements_of(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)


def test_more_checkpoints_and_chains_cost_no_more_statements(decided):
    make_checkpoint()
    signing, verifying = [], []
    for number in (1, 2):
        for step in range(2 * number):
            school = factories.school(decided.city, f"C1172206{number}{step:04d}", "北中(架空)")
            student = factories.student(factories.school_class(school), "ゆい")
            guardian = factories.guardian(student, "かおり", f"k{number}{step}@example.com")
            answer(student, guardian.user, Response.REFUSED)
            if step:
                make_checkpoint()
        answer(decided.sakura, decided.midori.user, Response.REFUSED)
        signing.append(statements_of(make_checkpoint))
        verifying.append(statements_of(verify_ledger))
    assert verifying[0] == verifying[1]
    assert signing[0] == signing[1]
    assert verify_ledger().findings == []
