"""Carries out due acts and undoes stopped ones; called by the app of each kind."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from apps.audit.models import Action
from apps.core import clock
from apps.people.models import PendingAct, User
from apps.people.services.act_queries import any_role
from apps.people.services.act_runner import run_each
from apps.people.services.pending_acts import record_act

Step = Callable[[PendingAct], object]


def process_acts(*kinds: str, carry_out: Step | None = None, put_back: Step | None = None) -> int:
    """Undo stopped acts of these kinds and carry out due ones; how many were carried out.

    ``put_back(act)`` and ``carry_out(act)`` run in the transaction that closes the act: a worker
    killed in between leaves it to the next. A failure is logged and does not stop the others.
    """
    if put_back is not None:
        put_back_stopped(*kinds, put_back=put_back)
    return run_each(partial(claim_due, *kinds), carry_out, mark_done)


def put_back_stopped(*kinds: str, put_back: Step) -> None:
    """Undo the effects of stopped acts of these kinds, each in its own transaction."""
    run_each(partial(claim_stopped, *kinds), put_back, mark_undone)


def claim_due(*kinds: str, but: Iterable[UUID] = ()) -> PendingAct | None:
    """One due act of these kinds, locked in the caller's transaction; None if none is due.

    A worker killed before the commit leaves it to the next; two never get the same. ``but``
    are ids to skip.
    """
    due = PendingAct.objects.due().filter(kind__in=kinds).exclude(pk__in=but).order_by("due_at")
    return due.select_for_update(skip_locked=True).first()


def claim_stopped(*kinds: str, but: Iterable[UUID] = ()) -> PendingAct | None:
    """One stopped act of these kinds whose effects are not undone yet, locked; or None."""
    stopped = PendingAct.objects.filter(kind__in=kinds, done_at=None).exclude(stopped_at=None)
    stopped = stopped.exclude(pk__in=but).order_by("stopped_at")
    return stopped.select_for_update(skip_locked=True).first()


def mark_undone(act: PendingAct) -> None:
    """Note that the effects of a stopped act are undone, in the same transaction."""
    act.done_at = clock.now()
    act.save(update_fields=["done_at"])


def supersede_act(act: PendingAct, *, by: User) -> None:
    """Close a locked act whose subject no longer exists; nothing has to be undone."""
    act.stopped_by, act.stopped_at = by, clock.now()
    act.done_at = act.stopped_at
    act.save(update_fields=["stopped_by", "stopped_at", "done_at"])
    record_act(Action.ACT_STOPPED, act, by, any_role(act, by) or "system")


def void_act(act: PendingAct) -> None:
    """Within ``carry_out``: close the act undone, because its target has changed."""
    act.stopped_at = clock.now()
    act.save(update_fields=["stopped_at"])


def mark_done(act: PendingAct, *, at: datetime | None = None) -> None:
    """Note that a claimed act was carried out, in the same transaction."""
    act.done_at = at or clock.now()
    act.save(update_fields=["done_at"])
    record_act(Action.ACT_STOPPED if act.stopped_at else Action.ACT_DONE, act, None, "system")
