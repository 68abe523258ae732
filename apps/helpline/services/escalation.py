"""Runs escalation: a worker claims each due step, calls its people, and creates the next step.

The request or drill is always locked before its step, here and by who opens, cancels
or closes it: so they never deadlock. Calls become rows (push, mail) in
the same transaction, so that a worker killed at any time leaves a step undone or done once.
"""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.clock import wake_worker
from apps.helpline import duty_hours, escalation_rules
from apps.helpline.models import (
    Call,
    CallMailState,
    Drill,
    DutyRoster,
    EscalationStep,
    EscalationStepState,
    HelpRequest,
    HelpState,
)
from apps.helpline.services.duty_rosters import (
    callable_posts_at,
    contacts_of,
    duty_week_of,
    escalation_waits_of,
)
from apps.helpline.services.escalation_plan import plan_step, skip_pending_step
from apps.helpline.services.transitions import entrust_request, record_request_event
from apps.people.models import Role
from apps.people.permissions import role_of
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
    owner = _claimed_owner(EscalationStep.objects.filter(pk=pk).first())
    if owner is None:
        return False
    step = EscalationStep.objects.due().filter(pk=pk).select_for_update(skip_locked=True).first()
    if step is None:
        return False
    if isinstance(owner, HelpRequest) and owner.state != HelpState.SENT:
        skip_pending_step(owner)
        return False
    return _do(step, owner)


def _claimed_owner(step):
    if step is None:
        return None
    model, pk = (HelpRequest, step.request_id) if step.request_id else (Drill, step.drill_id)
    rows = model.objects.select_for_update(of=["self"], skip_locked=True, no_key=True)
    if model is HelpRequest:
        rows = rows.select_related("student")
    return rows.filter(pk=pk).first()


def _do(step, owner):
    school_id = owner.school_id if isinstance(owner, Drill) else owner.student.school_id
    roster = DutyRoster.objects.get(school=school_id)
    try:
        week = duty_week_of(roster)
        watch = duty_hours.duty_availability(clock.now(), week)
        if not watch.is_open:  # hours or breaks were changed after this step was planned
            return _later(step, watch.next_at)
        places = contacts_of(roster, getattr(owner, "chosen_id", None))
        _tell(step, owner, escalation_rules.people_to_call(step.kind, places), roster)
    except (duty_hours.NoDutyHours, escalation_rules.NobodyToCall) as error:
        log.error("step %s of %s reaches nobody: %s", step.pk, school_id, type(error).__name__)
        return _later(step, clock.now() + RETRY_AFTER)
    _finish(step, owner, week, roster)
    return True


def _later(step, moment):
    step.due_at = moment
    step.save(update_fields=["due_at"])
    return False


def _tell(step, owner, ids, roster):
    posts = {post.user_id: post for post in callable_posts_at(roster.school_id)}
    for pk in ids:
        user, role = posts[pk].user, posts[pk].role
        if isinstance(owner, HelpRequest):
            entrust_request(owner, user)
            role = role_of(user, owner.student)  # 担任 only to the students of that class
        Call.objects.create(
            municipality_id=step.municipality_id, step=step, person=user, role=Role(role),
            n_devices=devices_of(user).count(),
            mail_state=CallMailState.PENDING if user.email else CallMailState.NONE,
        )  # fmt: skip
    send_to_users(
        ids,
        topic=step.pk.hex,
        path=call_path(step),
        expires_at=clock.now() + PUSH_VALID_FOR,
        municipality_id=step.municipality_id,
        is_urgent=True,
    )
    wake_worker("helpline.deliver_mail")


def _finish(step, owner, week, roster):
    step.state, step.done_at = EscalationStepState.DONE, clock.now()
    step.save(update_fields=["state", "done_at"])
    if isinstance(owner, Drill):
        return _drilled(step, owner, week)
    record_request_event(Action.HELP_ESCALATED, owner, thing=step, fields=[step.kind])
    plan_step(owner, step.number + 1, week, escalation_waits_of(roster), after=step.done_at)


def _drilled(step, drill, week):
    record(Action.DRILL_STEP, municipality_id=drill.municipality_id, thing=step, fields=[step.kind])
    if step.number < len(escalation_rules.STEP_KINDS):
        plan_step(drill, step.number + 1, week, escalation_waits_of(drill), after=step.done_at)
    else:
        drill.ended_at = step.done_at
        drill.save(update_fields=["ended_at"])


def call_path(step):
    """The URL in the push message and mail of a step; it reveals nothing."""
    if step.drill_id:
        return reverse("admin:helpline_drill", args=[step.drill_id])
    return reverse("admin:helpline_open", args=[step.request_id])
