"""Plans escalation steps: creates the next, recomputes its time, skips it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Max

from apps.helpline import duty_hours, escalation_rules
from apps.helpline.models import EscalationStep, EscalationStepState, HelpRequest

ONE_DAY = timedelta(days=1)


def plan_step(subject, number, week, waits, after=None):
    """Create step ``number`` of an EscalationSubject as a pending row.

    Raises NoDutyHours for a first step that would never be due.
    """
    try:
        due = escalation_rules.step_due_at(number, subject.counted_from, waits, week, after)
    except duty_hours.NoDutyHours:
        if after is None:
            raise
        due = after + ONE_DAY  # no duty hours lie ahead any more: try again tomorrow
    return EscalationStep.objects.create(
        municipality_id=subject.row.municipality_id,
        number=number,
        kind=escalation_rules.step_kind(number),
        due_at=due,
        **{subject.step_field: subject.row},
    )


def skip_pending_step(row):
    """Skip the pending step: nobody needs to be called any more."""
    row.steps.filter(state=EscalationStepState.PENDING).update(state=EscalationStepState.SKIPPED)


class SchoolDuty(NamedTuple):
    """What the due times of a school's steps follow from."""

    week: duty_hours.DutyWeek
    waits: escalation_rules.EscalationWaits


@transaction.atomic
def replan_steps(duties: Mapping[UUID, SchoolDuty]) -> int:
    """Recompute the due times of pending steps after hours changed; how many there are.

    ``duties`` is {school: SchoolDuty}. The number of statements depends neither on the schools nor
    on the requests that wait: they are locked together, each before its step as everywhere.
    """
    waiting = HelpRequest.objects.waiting().filter(
        student__school__in=list(duties), is_protected=False, is_for_city=False
    )
    locked = waiting.select_related("student").select_for_update(of=["self"], no_key=True)
    requests = {request.pk: request for request in locked}
    steps = EscalationStep.objects.filter(request__in=list(requests)).order_by()
    done_at = dict(
        steps.filter(state=EscalationStepState.DONE)
        .values_list("request_id")
        .annotate(last=Max("done_at"))
    )
    pending, moved = steps.filter(state=EscalationStepState.PENDING), []
    for step in pending:
        request = requests[step.request_id]
        duty = duties[request.student.school_id]
        due_at = _due_anew(step, request, duty, done_at.get(request.pk))
        if due_at not in (None, step.due_at):
            step.due_at = due_at
            moved.append(step)
    EscalationStep.objects.bulk_update(moved, ["due_at"])
    return len(pending)


def _due_anew(step, request, duty, after):
    """When the step is due by these hours; None where no duty hours lie ahead."""
    try:
        return escalation_rules.step_due_at(
            step.number, request.sent_at, duty.waits, duty.week, after
        )
    except duty_hours.NoDutyHours:
        return None
