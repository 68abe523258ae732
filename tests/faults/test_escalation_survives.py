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
def help_request(transactional_db, request, monkeypatch):
    """A help request sent just now, at a school with staff always on duty."""
    monkeypatch.setattr(jpholiday, "is_holiday", lambda day: False)
    cast = request.getfixturevalue("cast")
    factories.duty_roster(cast, hours=(clock_time.min, clock_time.max), weekdays=range(7))
    return help_requests.send_help_request(
        student=cast.sakura, wanted="nurse", form_key=uuid.uuid4()
    )


def first(help_request):
    return EscalationStep.objects.get(request=help_request, number=1)


def is_done(help_request):
    return first(help_request).state == EscalationStepState.DONE


def assert_sent_once(help_request):
    assert Call.objects.filter(step__request=help_request, step__number=1).count() == 1
    assert Broadcast.objects.filter(topic=first(help_request).pk.hex).count() == 1
    assert AuditEvent.objects.filter(action=Action.HELP_ESCALATED).count() == 1
    steps = EscalationStep.objects.filter(request=help_request).order_by("number")
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
    help_request, start_worker, mailbox, session
):
    watcher, blocker = session(autocommit=True), session()
    blocker.execute("LOCK TABLE audit_auditevent IN SHARE ROW EXCLUSIVE MODE")
    worker = start_worker()
    pid = until(lambda: _blocked(watcher))
    kill(worker)
    blocker.rollback()
    until(lambda: _is_gone(watcher, pid))
    assert first(help_request).state == EscalationStepState.PENDING
    assert not Call.objects.exists()
    assert not Broadcast.objects.exists()

    start_worker()
    until(lambda: is_done(help_request))
    until(lambda: mailbox.letters)
    time.sleep(3)  # three more runs of the schedule
    assert_sent_once(help_request)
    assert len(mailbox.letters) == 1


def test_a_worker_killed_while_a_mail_is_on_its_way_leaves_it_to_the_next_one(
    help_request, start_worker, mailbox
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
    assert_sent_once(help_request)
    (letter,) = mailbox.letters
    assert str(call.pk) in letter


def test_two_workers_and_two_clocks_do_each_step_once(help_request, start_worker, mailbox):
    start_worker()
    start_worker()
    until(lambda: is_done(help_request) and mailbox.letters)
    time.sleep(3)
    assert_sent_once(help_request)
    assert len(mailbox.letters) == 1


def test_a_broker_that_dies_with_everything_in_it_costs_only_time(
    help_request, start_worker, mailbox, broker
):
    EscalationStep.objects.update(
        state=EscalationStepState.SKIPPED
    )  # nothing to do while the worker comes up
    start_worker()
    until(lambda: _beats(broker))
    broker.kill()
    EscalationStep.objects.update(state=EscalationStepState.PENDING)
    time.sleep(3)
    assert first(help_request).state == EscalationStepState.PENDING
    broker.start()
    until(lambda: is_done(help_request) and mailbox.letters)
    time.sleep(3)
    assert_sent_once(help_request)


def test_a_worker_whose_connections_were_cut_opens_new_ones(
    help_request, start_worker, mailbox, session, broker
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
    until(lambda: is_done(help_request) and mailbox.letters)
    assert_sent_once(help_request)


def _beats(broker):
    """Whether a worker has bound its queue at this broker."""
    return redis.Redis(unix_socket_path=str(broker.socket)).keys("_kombu*")


def test_a_step_whose_connection_was_cut_stays_due_and_is_done_at_the_next_tick(
    help_request, monkeypatch
):
    real, calls = escalation._do, []

    def cut_once(*args):
        calls.append(args)
        if len(calls) == 1:
            raise OperationalError("terminating connection due to administrator command")
        return real(*args)

    monkeypatch.setattr(escalation, "_do", cut_once)
    before = first(help_request).due_at
    assert helpline_escalation.escalate_due() == 0
    assert (first(help_request).state, first(help_request).due_at) == (
        EscalationStepState.PENDING,
        before,
    )
    assert helpline_escalation.escalate_due() == 1
    assert_sent_once(help_request)
