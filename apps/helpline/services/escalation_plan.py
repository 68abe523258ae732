"""Plans escalation steps: creates the next, recomputes its time, skips it."""

from datetime import timedelta

from django.db import transaction

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


@transaction.atomic
def replan_steps(school_id, week, waits):
    """Recompute the due times of a school's pending steps after hours changed; how many."""
    waiting_requests = HelpRequest.objects.waiting().filter(student__school=school_id)
    requests = {one.pk: one for one in waiting_requests.select_for_update(of=["self"], no_key=True)}
    steps = EscalationStep.objects.filter(request__in=requests, state=EscalationStepState.PENDING)
    for step in steps:
        try:
            step.due_at = _anew(step, requests[step.request_id], week, waits)
        except duty_hours.NoDutyHours:
            continue
        step.save(update_fields=["due_at"])
    return len(steps)


def _anew(step, request, week, waits):
    done = [s.done_at for s in request.steps.filter(state=EscalationStepState.DONE)]
    after = max(done, default=None)
    return escalation_rules.step_due_at(step.number, request.sent_at, waits, week, after)
