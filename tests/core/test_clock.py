"""The database's clock decides: a worker whose own is wrong by hours does nothing early or late."""

import uuid
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time

import jpholiday
import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.core import clock
from apps.helpline.models import EscalationStep, EscalationStepState
from apps.helpline.services import escalation, help_requests
from apps.push import circuit_breaker
from apps.push.models import PushOrigin
from apps.push.services import rate_limits
from tests import factories

WRONG = pytest.mark.parametrize("hours", [2, -2])


def seconds_off(moment):
    """How far a moment is from the database's now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return abs((moment - cursor.fetchone()[0]).total_seconds())


@WRONG
@pytest.mark.django_db
def test_now_is_the_databases_whatever_this_process_believes(clocks_apart, hours):
    clocks_apart(hours)
    assert seconds_off(timezone.now()) > 7000
    assert seconds_off(clock.now()) < 2
    assert clock.now() <= clock.now()


@pytest.mark.django_db
def test_the_database_is_asked_once_and_not_while_it_cannot_answer(
    clocks_apart, django_assert_num_queries
):
    clocks_apart(2)
    with django_assert_num_queries(1):
        clock.now(), clock.now()
    clock.reset_measurement()
    with connection.cursor() as cursor, cursor.copy("COPY (SELECT 1) TO STDOUT") as copy:
        assert seconds_away(clock.now(), timezone.now()) < 2  # nothing better is known
        list(copy)
    assert seconds_off(clock.now()) < 2


def seconds_away(one, other):
    return abs((one - other).total_seconds())


@pytest.mark.django_db(transaction=True)
def test_a_broken_transaction_is_not_asked_for_the_time(clocks_apart):
    clocks_apart(2)
    with pytest.raises(RuntimeError), transaction.atomic():
        with connection.cursor() as cursor, pytest.raises(Exception, match="division"):
            cursor.execute("SELECT 1/0")
        assert clock.now().tzinfo is not None
        raise RuntimeError


@pytest.fixture
def asked(cast, monkeypatch):
    """sakura asks for help at a school where somebody always reads requests."""
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    return cast


@WRONG
def test_a_worker_with_a_wrong_clock_calls_nobody_early_and_nobody_late(asked, clocks_apart, hours):
    clocks_apart(0)
    help_request = help_requests.send_help_request(
        student=asked.sakura, wanted="nurse", form_key=uuid.uuid4()
    )
    clocks_apart(hours)
    assert escalation.escalate_due() == 1  # the first, at once; the next in five minutes
    done, waits = help_requests.escalation_progress(help_request)
    assert [step.number for step in done] == [1]
    assert seconds_off(done[0].done_at) < 5
    assert 240 < seconds_off(waits.due_at) < 310


@WRONG
def test_a_web_process_with_a_wrong_clock_does_not_shift_the_chain(asked, clocks_apart, hours):
    clocks_apart(hours)
    help_request = help_requests.send_help_request(
        student=asked.sakura, wanted="nurse", form_key=uuid.uuid4()
    )
    clocks_apart(-hours)  # and back: the worker's is right
    assert seconds_off(help_request.sent_at) < 5
    assert escalation.escalate_due() == 1
    assert EscalationStep.objects.get(state=EscalationStepState.PENDING).number == 2


@WRONG
@pytest.mark.django_db
def test_a_push_service_is_shut_for_as_long_as_it_asked_and_no_hours_more(clocks_apart, hours):
    clocks_apart(hours)
    origin = PushOrigin.objects.create(origin="https://push.example")
    with transaction.atomic():
        rate_limits.record_observations(
            origin.pk, [circuit_breaker.ServiceReply(circuit_breaker.ServiceCondition.TROUBLE)] * 20
        )
    origin.refresh_from_db()
    assert origin.state == "open"
    assert seconds_off(origin.open_until) < 60
    clocks_apart(-hours)
    assert rate_limits.take_tokens(origin.pk, 5)[0] == 0
    PushOrigin.objects.update(open_until=clock.now() - timedelta(seconds=1))
    clocks_apart(hours)
    assert rate_limits.take_tokens(origin.pk, 5)[0] == 5


def test_today_follows_the_same_clock(monkeypatch):
    late = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    monkeypatch.setattr(clock._state, "source", lambda: late)
    assert clock.today() == (late + timedelta(hours=9)).date()
