"""The chain at work: a worker claims each due step, tells its people, and writes the next one.

The owner (request or drill) is always locked before its step, here and by whoever looks, cancels
or closes: they wait for each other and never embrace. What is told becomes rows (bells, mails) of
the same transaction, so that a worker killed at any instant leaves a step undone or done once.
"""

import logging
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.urls import reverse

from apps.audit.models import Action
from apps.audit.services import record
from apps.core import clock
from apps.core.clock import nudge
from apps.helpline import escalation, hours
from apps.helpline.models import (
    Call,
    ChainStep,
    Drill,
    DutyRoster,
    HelpRequest,
    HelpState,
    MailState,
    StepState,
)
from apps.helpline.services.duty import places_of, posts_at, waits_of, week_of
from apps.helpline.services.moves import entrust, note_down
from apps.helpline.services.planning import plan, stop
from apps.people.models import Role
from apps.people.permissions import role_of
from apps.push.services import devices_of, ring

log = logging.getLogger(__name__)
BELL_LASTS = timedelta(days=1)
TRY_AGAIN = timedelta(minutes=5)


def escalate_due(limit=200):
    """Do the steps whose time has come, each in a transaction of its own; returns how many.

    Late steps are caught up at once: what counts is how long somebody has been waiting.
    """
    n_done = 0
    while n_done < limit:
        due = list(ChainStep.objects.due().order_by("due_at").values_list("pk", flat=True)[:limit])
        n_now = sum(_do_one(pk) for pk in due)
        n_done += n_now
        if not n_now:
            break
    return n_done


def _do_one(pk):
    try:
        return _claim_and_do(pk)
    except (OperationalError, InterfaceError) as error:
        # The connection or a lock, not this step: it stays due, the next tick comes in seconds.
        log.warning("step %s waits: %s", pk, type(error).__name__)
        return False
    except Exception as error:  # one step that fails must not keep the others waiting
        log.exception("step %s failed: %s", pk, type(error).__name__)
        due_at = clock.now() + TRY_AGAIN
        ChainStep.objects.due().filter(pk=pk).update(due_at=due_at)
        return False


@transaction.atomic
def _claim_and_do(pk):
    """True if this worker did the step; False where another is at it or it is needed no more."""
    owner = _claimed_owner(ChainStep.objects.filter(pk=pk).first())
    if owner is None:
        return False
    step = ChainStep.objects.due().filter(pk=pk).select_for_update(skip_locked=True).first()
    if step is None:
        return False
    if isinstance(owner, HelpRequest) and owner.state != HelpState.SENT:
        stop(owner)
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
        week = week_of(roster)
        watch = hours.watch(clock.now(), week)
        if not watch.is_open:  # hours or breaks were changed after this step was planned
            return _later(step, watch.next_at)
        places = places_of(roster, getattr(owner, "chosen_id", None))
        _tell(step, owner, escalation.people(step.kind, places), roster)
    except (hours.NeverOpen, escalation.NobodyLeft) as error:
        log.error("step %s of %s reaches nobody: %s", step.pk, school_id, type(error).__name__)
        return _later(step, clock.now() + TRY_AGAIN)
    _finish(step, owner, week, roster)
    return True


def _later(step, moment):
    step.due_at = moment
    step.save(update_fields=["due_at"])
    return False


def _tell(step, owner, ids, roster):
    posts = {post.user_id: post for post in posts_at(roster.school_id)}
    for pk in ids:
        user, role = posts[pk].user, posts[pk].role
        if isinstance(owner, HelpRequest):
            entrust(owner, user)
            role = role_of(user, owner.student)  # 担任 only to the students of that class
        Call.objects.create(
            municipality_id=step.municipality_id, step=step, person=user, role=Role(role),
            n_bells=devices_of(user).count(),
            mail_state=MailState.PENDING if user.email else MailState.NONE,
        )  # fmt: skip
    ring(
        ids,
        topic=step.pk.hex,
        path=path_of(step),
        expires_at=clock.now() + BELL_LASTS,
        municipality_id=step.municipality_id,
        is_urgent=True,
    )
    nudge("helpline.deliver_mail")


def _finish(step, owner, week, roster):
    step.state, step.done_at = StepState.DONE, clock.now()
    step.save(update_fields=["state", "done_at"])
    if isinstance(owner, Drill):
        return _drilled(step, owner, week)
    note_down(Action.HELP_ESCALATED, owner, thing=step, fields=[step.kind])
    plan(owner, step.number + 1, week, waits_of(roster), after=step.done_at)


def _drilled(step, drill, week):
    record(Action.DRILL_STEP, municipality_id=drill.municipality_id, thing=step, fields=[step.kind])
    if step.number < len(escalation.KINDS):
        plan(drill, step.number + 1, week, waits_of(drill), after=step.done_at)
    else:
        drill.ended_at = step.done_at
        drill.save(update_fields=["ended_at"])


def path_of(step):
    """Where the bell and the mail of a step lead: an address without a word in it."""
    if step.drill_id:
        return reverse("admin:helpline_drill", args=[step.drill_id])
    return reverse("admin:helpline_open", args=[step.request_id])
