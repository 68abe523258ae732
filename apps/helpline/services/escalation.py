"""Runs escalation: a worker claims each due step, calls its people, and creates the next step.

The request or drill is always locked before its step, here and by who opens, cancels
or closes it: so they never deadlock. Calls become rows (push, mail) in
the same transaction, so that a worker killed at any time leaves a step undone or done once.
"""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction

from apps.core import clock
from apps.core.clock import wake_worker
from apps.helpline import duty_hours, escalation_rules
from apps.helpline.models import (
    Call,
    CallMailState,
    EscalationStep,
    EscalationStepState,
)
from apps.helpline.services.escalation_plan import plan_step, skip_pending_step
from apps.helpline.services.escalation_subjects import locked_subject_of
from apps.people.models import Role
from apps.push.services.broadcasts import devices_of, send_to_users

log = logging.getLogger(__name__)
PUSH_VALID_FOR = timedelta(days=1)
RETRY_AFTER = timedelta(minutes=5)


def escalate_due(limit=200):
    """Run the due steps, each in its own transaction; how many.

    Late steps run at once: what counts is how long somebody has been waiting.
    """
    n_done = 0
    while n_done < limit:
        due = list(
            EscalationStep.objects.due().order_by("due_at").values_list("pk", flat=True)[:limit]
        )
        n_now = sum(_do_one(pk) for pk in due)
        n_done += n_now
        if not n_now:
            break
    return n_done


def _do_one(pk):
    try:
        return _claim_and_do(pk)
    except (OperationalError, InterfaceError) as error:
        # A connection or lock problem, not this step: it stays due, the next run comes in seconds.
        log.warning("step %s waits: %s", pk, type(error).__name__)
        return False
    except Exception as error:  # a failing step must not stop the others
        log.exception("step %s failed: %s", pk, type(error).__name__)
        due_at = clock.now() + RETRY_AFTER
        EscalationStep.objects.due().filter(pk=pk).update(due_at=due_at)
        return False


@transaction.atomic
def _claim_and_do(pk):
    """True if this worker ran the step; False where another has it or it is no longer needed."""
    step = EscalationStep.objects.filter(pk=pk).first()
    subject = locked_subject_of(step) if step else None
    if subject is None:
        return False
    step = EscalationStep.objects.due().filter(pk=pk).select_for_update(skip_locked=True).first()
    if step is None:
        return False
    if not subject.needs_calls():
        skip_pending_step(subject.row)
        return False
    return _do(step, subject)


def _do(step, subject):
    try:
        plan = subject.plan()
        availability = duty_hours.duty_availability(clock.now(), plan.week)
        if not availability.is_open:  # hours or breaks were changed after this step was planned
            return _later(step, availability.next_at)
        ids = escalation_rules.people_to_call(step.kind, plan.contacts)
        _call(step, subject, ids, plan.posts)
    except (duty_hours.NoDutyHours, escalation_rules.NobodyToCall) as error:
        reached = type(error).__name__
        log.error("step %s reaches nobody: %s", step.pk, reached)
        return _later(step, clock.now() + RETRY_AFTER)
    _finish(step, subject, plan)
    return True


def _later(step, moment):
    step.due_at = moment
    step.save(update_fields=["due_at"])
    return False


def _call(step, subject, ids, posts):
    for pk in ids:
        user = posts[pk].user
        Call.objects.create(
            municipality_id=step.municipality_id, step=step, person=user,
            role=Role(subject.called_as(user, posts[pk].role)),
            n_devices=len(devices_of(user)),
            mail_state=CallMailState.PENDING if user.email else CallMailState.NONE,
        )  # fmt: skip
    send_to_users(
        ids,
        topic=step.pk.hex,
        path=subject.url,
        expires_at=clock.now() + PUSH_VALID_FOR,
        municipality_id=step.municipality_id,
        is_urgent=True,
    )
    wake_worker("helpline.deliver_mail")


def _finish(step, subject, plan):
    step.state, step.done_at = EscalationStepState.DONE, clock.now()
    step.save(update_fields=["state", "done_at"])
    subject.record_step(step)
    if not subject.finish(step):
        plan_step(subject, step.number + 1, plan.week, plan.waits, after=step.done_at)
