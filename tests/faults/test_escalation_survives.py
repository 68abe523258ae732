"""Whatever is killed during an escalation, each step is done exactly once."""

import time
import uuid
from datetime import time as clock_time

import jpholiday
import pytest
import redis
from django.db import OperationalError, connection
from django.utils import timezone

from apps.audit.models import Action, AuditEvent
from apps.helpline.models import Call, CallMailState, EscalationStep, EscalationStepState
from apps.helpline.services import escalation, help_requests
from apps.helpline.services import escalation as helpline_escalation
from apps.push.models import Broadcast
from tests import factories
from tests.faults.conftest import kill, until

pytestmark = [pytest.mark.fault, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wish(transactional_db, request, monkeypatch):
    """A help request sent just now, at a school with staff always on duty."""
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    cast = request.getfixturevalue("cast")
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    return help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", form_key=uuid.uuid4()
    )


def first(wish):
    return EscalationStep.objects.get(request=wish, number=1)


def is_done(wish):
    return first(wish).state == EscalationStepState.DONE


def assert_told_once(wish):
    assert Call.objects.filter(step__request=wish, step__number=1).count() == 1
    assert Broadcast.objects.filter(topic=first(wish).pk.hex).count() == 1
    assert AuditEvent.objects.filter(action=Action.HELP_ESCALATED).count() == 1
    steps = EscalationStep.objects.filter(request=wish).order_by("number")
    assert [step.state for step in steps] == [EscalationStepState.DONE, EscalationStepState.PENDING]
    assert steps[1].due_at > steps[0].done_at


def _blocked(session):
    """The backend that waits to write the audit row, after it wrote calls and push messages."""
    return session.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
        "AND wait_event_type = 'Lock' AND query ILIKE '%INSERT INTO \"audit_auditevent\"%'"
    ).fetchone()


def _is_gone(session, pid):
    return not session.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid).fetchone()


def test_a_worker_killed_in_the_middle_of_a_step_leaves_it_to_the_next_one(
    wish, start_worker, mailbox, session
):
    watcher, in_the_way = session(autocommit=True), session()
    in_the_way.execute("LOCK TABLE audit_auditevent IN SHARE ROW EXCLUSIVE MODE")
    worker = start_worker()
    pid = until(lambda: _blocked(watcher))
    kill(worker)
    in_the_way.rollback()
    until(lambda: _is_gone(watcher, pid))
    assert first(wish).state == EscalationStepState.PENDING
    assert not Call.objects.exists()
    assert not Broadcast.objects.exists()

    start_worker()
    until(lambda: is_done(wish))
    until(lambda: mailbox.letters)
    time.sleep(3)  # three more runs of the schedule
    assert_told_once(wish)
    assert len(mailbox.letters) == 1


def test_a_worker_killed_while_a_mail_is_on_its_way_leaves_it_to_the_next_one(
    wish, start_worker, mailbox
):
    mailbox.hangs = True
    worker = start_worker()
    until(lambda: mailbox.n_callers)
    kill(worker)
    mailbox.hangs = False
    call = Call.objects.get()
    assert (call.mail_state, call.attempts) == (CallMailState.PENDING, 1)
    assert call.next_at > timezone.now()  # its lease: nobody else claims it before
    Call.objects.update(next_at=timezone.now())

    start_worker()
    until(lambda: Call.objects.get().mail_state == CallMailState.SENT)
    time.sleep(3)
    assert_told_once(wish)
    (letter,) = mailbox.letters
    assert str(call.pk) in letter


def test_two_workers_and_two_clocks_do_each_step_once(wish, start_worker, mailbox):
    start_worker()
    start_worker()
    until(lambda: is_done(wish) and mailbox.letters)
    time.sleep(3)
    assert_told_once(wish)
    assert len(mailbox.letters) == 1


def test_a_broker_that_dies_with_everything_in_it_costs_only_time(
    wish, start_worker, mailbox, broker
):
    EscalationStep.objects.update(
        state=EscalationStepState.SKIPPED
    )  # nothing to do while the worker comes up
    start_worker()
    until(lambda: _beats(broker))
    broker.kill()
    EscalationStep.objects.update(state=EscalationStepState.PENDING)
    time.sleep(3)
    assert first(wish).state == EscalationStepState.PENDING
    broker.start()
    until(lambda: is_done(wish) and mailbox.letters)
    time.sleep(3)
    assert_told_once(wish)


def test_a_worker_whose_connections_were_cut_opens_new_ones(
    wish, start_worker, mailbox, session, broker
):
    EscalationStep.objects.update(
        state=EscalationStepState.SKIPPED
    )  # nothing to do while the worker comes up
    watcher, own = session(autocommit=True), connection.connection.info.backend_pid
    start_worker()
    until(lambda: _beats(broker))
    time.sleep(3)  # it has asked the database
    cut = watcher.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid NOT IN (pg_backend_pid(), %s)",
        [own],
    ).fetchall()
    assert cut
    EscalationStep.objects.update(state=EscalationStepState.PENDING)
    until(lambda: is_done(wish) and mailbox.letters)
    assert_told_once(wish)


def _beats(broker):
    """Whether a worker has bound its queue at this broker."""
    return redis.Redis(unix_socket_path=str(broker.socket)).keys("_kombu*")


def test_a_step_whose_connection_was_cut_stays_due_and_is_done_at_the_next_tick(wish, monkeypatch):
    real, calls = escalation._do, []

    def cut_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("terminating connection due to administrator command")
        return real(*args)

    monkeypatch.setattr(escalation, "_do", cut_once)
    before = first(wish).due_at
    assert helpline_escalation.escalate_due() == 0
    assert (first(wish).state, first(wish).due_at) == (EscalationStepState.PENDING, before)
    assert helpline_escalation.escalate_due() == 1
    assert_told_once(wish)
