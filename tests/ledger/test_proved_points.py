"""The periodic run proves again only what is new since a night; whatever it doubts is proved whole."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.models import Response
from apps.consent.services import ledger_verification
from apps.consent.services.ledger_verification import verify_ledger
from apps.ledger.services import proved_points
from apps.ledger.services.checkpoints import make_checkpoint, statement_path
from apps.ledger.tasks import chain_audit_events
from tests.ledger.test_verification import answer, by_hand, decided, place  # noqa: F401 - fixtures

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_point_of_another_test():
    cache.delete(proved_points.CACHE_KEY)
    yield
    cache.delete(proved_points.CACHE_KEY)


@pytest.fixture
def whole(monkeypatch):
    """Whether each verification read everything."""
    runs, plain = [], ledger_verification._verified

    def verified(point, **options):
        runs.append(point is None)
        return plain(point, **options)

    monkeypatch.setattr(ledger_verification, "_verified", verified)
    return runs


@pytest.fixture
def proved(decided, time_machine):  # noqa: F811
    """Three nights on; a day ago everything was proved."""
    time_machine.move_to(timezone.now().replace(hour=1, minute=0), tick=False)  # 10:00 in Japan
    for _ in range(3):
        make_checkpoint()
        assert verify_ledger(newest_only=True).findings == []
        time_machine.shift(DAY)
    verify_ledger(newest_only=True)
    return decided


def test_at_night_all_is_proved_and_by_day_what_is_new(proved, whole, time_machine):
    verify_ledger(newest_only=True)
    answer(proved.sakura, proved.midori.user, Response.REFUSED)
    make_checkpoint()
    verdict = verify_ledger(newest_only=True)
    assert (verdict.findings, verdict.n_entries) == ([], 9)
    time_machine.shift(timedelta(hours=15))  # one o'clock
    verify_ledger(newest_only=True)
    assert whole == [False, False, False]
    time_machine.shift(timedelta(hours=2))
    verify_ledger(newest_only=True)
    verify_ledger(newest_only=True)
    assert whole[3:] == [True, False]


def test_until_a_point_is_old_enough_all_is_proved(decided, whole, time_machine):  # noqa: F811
    time_machine.move_to(timezone.now().replace(hour=1), tick=False)
    for _ in range(3):
        verify_ledger(newest_only=True)
        time_machine.shift(timedelta(hours=1))
    assert whole == [True, True, True]


def test_the_command_proves_all(proved, whole):
    verify_ledger()
    assert whole == [True]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consent_consentdecision SET response = 'given' WHERE seq = 8",
        "UPDATE consent_consentdecision SET link = decode(repeat('00', 32), 'hex') WHERE seq = 7",
        "DELETE FROM consent_consentdecision WHERE seq = 8",
        "DELETE FROM consent_consentdecision WHERE seq = 9",
        "UPDATE ledger_chainhead SET seq = 8",
        "UPDATE ledger_chainhead SET signed_seq = 8",
        "UPDATE ledger_checkpoint SET n_entries = 4 WHERE id = 2",
        "UPDATE ledger_checkpoint SET statement = 'x' WHERE id = 2",
        "DELETE FROM ledger_checkpoint WHERE id = 2",
        "UPDATE consent_consentreceipt SET channel = 'paper' WHERE decided_at = (SELECT max(decided_at)"
        " FROM consent_consentreceipt)",
    ],
)
def test_what_was_changed_since_is_found_and_named_as_ever(proved, whole, change):
    answer(proved.sakura, proved.midori.user, Response.REFUSED)
    make_checkpoint()
    assert verify_ledger(newest_only=True).findings == []
    by_hand(change)
    found = verify_ledger(newest_only=True).findings
    assert found != []
    assert found == verify_ledger().findings
    assert whole == [False, False, True, True]


def test_a_statement_lost_in_the_second_place_is_found(proved, place):  # noqa: F811
    answer(proved.sakura, proved.midori.user, Response.REFUSED)
    make_checkpoint()
    (place / statement_path(2)).unlink()
    assert "second place" in verify_ledger(newest_only=True).findings[0].what


def test_what_was_proved_before_is_found_in_the_night(proved, time_machine):
    by_hand("UPDATE consent_consentdecision SET response = 'refused' WHERE seq = 2")
    time_machine.shift(DAY)
    assert verify_ledger(newest_only=True).findings != []
    assert verify_ledger(newest_only=True).findings != []  # until it is whole again


def test_a_point_that_we_did_not_sign_counts_for_nothing(proved, whole):
    cache.set(proved_points.CACHE_KEY, cache.get(proved_points.CACHE_KEY)[:-4] + "AAAA")
    verify_ledger(newest_only=True)
    assert whole == [True]


def test_older_statements_are_neither_read_nor_counted(proved, place):  # noqa: F811
    def read():
        with CaptureQueriesContext(connection) as queries:
            verdict = verify_ledger(newest_only=True)
        return verdict.n_checkpoints, len(queries)

    assert read()[0] == 1
    answer(proved.sakura, proved.midori.user, Response.REFUSED)
    make_checkpoint()
    _, n_statements = read()
    for response in (Response.LATER, Response.REFUSED):
        answer(proved.sakura, proved.midori.user, response)
        make_checkpoint()
    assert read() == (4, n_statements)


def test_of_chained_events_those_after_the_point_are_read(proved, time_machine):
    chain_audit_events()
    make_checkpoint()
    n_events = AuditEvent.objects.count()
    assert verify_ledger(newest_only=True).n_rows == n_events
    time_machine.shift(DAY)
    assert verify_ledger(newest_only=True).n_rows == n_events
    time_machine.shift(DAY)
    verify_ledger(newest_only=True)
    record(Action.SIGNED_IN)
    chain_audit_events()
    make_checkpoint()
    verdict = verify_ledger(newest_only=True)
    assert (verdict.findings, verdict.n_rows) == ([], 1)
    by_hand(
        "UPDATE audit_auditevent SET detail = 'x' WHERE id = (SELECT max(id) FROM audit_auditevent)"
    )
    assert "a row is not what was chained" in verify_ledger(newest_only=True).findings[0].what
    by_hand("DELETE FROM ledger_chainedrange")
    assert any("tail was cut" in each.what for each in verify_ledger(newest_only=True).findings)
