"""Steps are planned anew in the same number of statements for one waiting request and for many."""

import threading

import pytest
from django.db import connection, transaction

from apps.helpline.models import DutyRoster, EscalationStep, EscalationStepState, HelpRequest
from apps.helpline.services import duty_rosters, escalation, escalation_plan
from apps.people.models import SchoolBreak
from tests import factories
from tests.helpline.escalation_helpers import send
from tests.query_plans import statements_of, unbounded_scans


@pytest.fixture
def students(on_duty):
    return [factories.student(on_duty.class_1, number=number) for number in range(30, 38)]


@pytest.fixture
def closed_day(on_duty):
    """A break on the day the requests are sent."""
    return SchoolBreak.objects.create(
        municipality=on_duty.city, school=on_duty.school, title="まちがい",
        begins_on="2026-11-24", ends_on="2026-11-24",
    )  # fmt: skip


def due_days():
    return {step.due_at.astimezone().day for step in EscalationStep.objects.all()}


def test_many_waiting_requests_cost_the_statements_of_one(on_duty, clock, students, closed_day):
    send(on_duty, students[0])
    on = {"begins_on": "2026-11-24", "ends_on": "2026-11-24"}
    counts = []
    for more in (students[1:2], students[2:]):
        for student in more:
            send(on_duty, student)
        SchoolBreak.objects.all().delete()
        counts.append(len(statements_of(duty_rosters.replan_all_steps)))
        assert due_days() == {24}
        SchoolBreak.objects.create(
            municipality=on_duty.city, school=on_duty.school, title="休み", **on
        )
        duty_rosters.replan_all_steps()
        assert due_days() == {25}
    assert counts[0] == counts[1]
    assert HelpRequest.objects.count() == 8


def test_many_schools_cost_the_statements_of_one(on_duty, clock, students):
    send(on_duty, students[0])
    one = len(statements_of(duty_rosters.replan_all_steps))
    for number in range(3):
        school = factories.school(on_duty.city, f"C11722060099{number}", f"中学校{number}")
        roster = DutyRoster.objects.create(municipality=on_duty.city, school=school)
        roster.hours.create(weekday=2, opens_at="09:00", closes_at="10:00")
        moved = factories.student(factories.school_class(school))
        HelpRequest.objects.filter(pk=send(on_duty, students[number + 1]).pk).update(student=moved)
    statements = statements_of(duty_rosters.replan_all_steps)
    assert len(statements) <= one + 1  # one UPDATE for all
    assert {step.due_at.astimezone().day for step in EscalationStep.objects.all()} == {24, 25}


def test_planning_again_reads_what_waits_and_not_what_is_kept(on_duty, clock, students):
    for student in students:
        send(on_duty, student)
    statements = statements_of(duty_rosters.replan_all_steps)
    growing = {"helpline_helprequest", "helpline_escalationstep"}
    assert unbounded_scans(statements, growing) == []


def test_planning_again_without_a_change_writes_nothing(on_duty, clock, students):
    for student in students:
        send(on_duty, student)
    before = list(EscalationStep.objects.order_by("pk").values())
    statements = statements_of(duty_rosters.replan_all_steps)
    assert not [sql for sql in statements if sql.startswith("UPDATE")]
    assert list(EscalationStep.objects.order_by("pk").values()) == before


def test_a_step_is_never_due_before_the_one_that_was_done(on_duty, clock, students):
    for student in students[:3]:
        send(on_duty, student)
    assert escalation.escalate_due() == 3
    done = {step.request_id: step.done_at for step in EscalationStep.objects.exclude(done_at=None)}
    DutyRoster.objects.update(second_after=1, last_after=2, all_after=3)
    assert duty_rosters.replan_all_steps() == 3
    pending = EscalationStep.objects.filter(state=EscalationStepState.PENDING)
    assert len(pending) == 3
    assert all(step.due_at >= done[step.request_id] for step in pending)


@pytest.mark.django_db(transaction=True)
def test_a_request_that_is_just_opened_is_waited_for(on_duty):
    request = send(on_duty)
    planned = threading.Event()

    def run():
        try:
            duty_rosters.replan_all_steps()
            planned.set()
        finally:
            connection.close()

    with transaction.atomic():
        HelpRequest.objects.select_for_update().get(pk=request.pk)
        thread = threading.Thread(target=run)
        thread.start()
        assert not planned.wait(0.5)
        escalation_plan.skip_pending_step(request)
        HelpRequest.objects.filter(pk=request.pk).update(state="cancelled")
    thread.join(20)
    assert planned.is_set()
    (step,) = request.steps.all()
    assert step.state == EscalationStepState.SKIPPED
