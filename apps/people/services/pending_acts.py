"""Proposes, confirms and stops staff acts; the app of each kind carries them out."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.audit.models import Action
from apps.audit.services.audit_events import record_about
from apps.core import clock
from apps.core.text import is_blank
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_rules import (
    ActEffects,
    act_due_at,
    exceeds_solo_limit,
    needs_second_person,
)
from apps.people.models import PendingAct, Role, User
from apps.people.services import act_roles
from apps.people.services.act_queries import (
    any_role,
    confirming_roles_in_words,
    second_role,
    why_not_confirm,
    why_not_stop,
)
from apps.people.services.act_subjects import (
    is_about_own_family,
)
from apps.people.services.act_witnesses import why_counts_differ
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    is_same_person,
)
from apps.people.services.solo_acts import SOLO_LIMIT_REACHED, people_reached_today

MIN_REASON_LENGTH = 5  # characters
MAX_REASON_LENGTH = 300


class CannotAct(Exception):
    """The act is refused; the message is shown to the user."""


_shown = ContextVar("shown_with_an_act", default=None)


@contextmanager
def with_shown_lines(lines, names):
    """Proposals in the block are stored with what their page showed, for the second person to read.

    ``lines`` are (label, before, after) in words, ``names`` (label, [names]) of places, documents
    and staff; never a student's or guardian's.
    """
    stored = {
        "lines": [[str(word) for word in line] for line in lines],
        "names": [[what, [str(name) for name in found]] for what, found in names],
    }
    token = _shown.set(stored)
    try:
        yield
    finally:
        _shown.reset(token)


@transaction.atomic
def propose(
    kind: str, *, thing_id, title: str, municipality_id: UUID, by: User, reason: str,
    preview: dict, payload: dict | None = None, school_id: UUID | None = None,
    has_two_confirmations: bool = False, role: str | None = None,
) -> PendingAct:  # fmt: skip
    """Create a pending act; the PendingAct.

    ``preview`` is {name of a count of the kind: number} as shown to the person. An act that
    reaches only one person needs no second one, but still waits its day.
    ``has_two_confirmations``: two people have already agreed by a rule of the kind's own.
    ``role``: that of the post from which they do it, where not each of their posts could.
    Raises CannotAct without a reason, for a role that may not, and while such an act is open.
    """
    reason = _reason(reason)
    roles = ACT_KINDS[kind].proposer_roles & ({role} if role else set(Role))
    role = act_roles.acting_role(by, roles, municipality_id, school_id)
    if role is None:
        raise CannotAct("この変更をはじめる立場ではありません。")
    if is_about_own_family(kind, thing_id, by):
        raise CannotAct(OWN_FAMILY_REFUSED)
    if set(preview) != set(ACT_KINDS[kind].counts):
        raise ValueError(f"{kind} shows {sorted(ACT_KINDS[kind].counts)}, not {sorted(preview)}.")
    now, alone = clock.now(), people_reached_today(kind, by, municipality_id, school_id, holds=True)
    if exceeds_solo_limit(kind, alone):
        raise CannotAct(
            SOLO_LIMIT_REACHED.format(n=alone, who=confirming_roles_in_words(kind, role))
        )
    second = needs_second_person(kind, preview, alone) and not has_two_confirmations
    act = PendingAct(
        kind=kind, thing_id=str(thing_id), title=title[:120], municipality_id=municipality_id,
        school_id=school_id, payload=_with_shown(payload), preview=preview, reason=reason,
        proposed_by=by, proposed_role=role, proposed_at=now, needs_second=second,
        due_at=None if second else act_due_at(kind, now),
    )  # fmt: skip
    try:
        with transaction.atomic():
            act.save(force_insert=True)
    except IntegrityError as error:
        raise CannotAct("同じ変更が、もう確認を待っています。先にそれを決めてください。") from error
    record_act(Action.ACT_PROPOSED, act, by, role)
    clock.wake_worker(ACT_KINDS[kind].task_name)
    return act


def propose_effects(
    effects: ActEffects, about: Any, *, by: User, reason: str, payload: dict,
    title: str = "", thing_id: str = "", at: Any = None,
) -> PendingAct:  # fmt: skip
    """Propose the act whose effects were counted, about this row. Raises CannotAct.

    Its place is that of the row ``at``, else that of the effects, else that of the row itself.
    """
    place: Any = at or (effects if effects.municipality_id else about)
    return propose(
        effects.kind, thing_id=thing_id or about.pk, title=title or str(about),
        municipality_id=place.municipality_id, school_id=getattr(place, "school_id", None),
        by=by, reason=reason, preview=effects.preview, payload=payload,
    )  # fmt: skip


@transaction.atomic
def confirm(act: PendingAct, *, by: User, seen: str | None = None) -> PendingAct:
    """Confirm as the second person. Raises CannotAct for the first one, or the same role.

    ``seen`` is act_counts.serialise_counts as on their page: other numbers refuse it.
    """
    act = PendingAct.objects.select_for_update().get(pk=act.pk)
    if why := why_not_confirm(act, by) or (seen is not None and why_counts_differ(act, seen)):
        raise CannotAct(why)
    act.confirmed_by, act.confirmed_at = by, clock.now()
    act.confirmed_role = second_role(act, by)
    act.due_at = act_due_at(act.kind, act.confirmed_at)
    act.save(update_fields=["confirmed_by", "confirmed_at", "confirmed_role", "due_at"])
    record_act(Action.ACT_CONFIRMED, act, by, act.confirmed_role)
    clock.wake_worker(ACT_KINDS[act.kind].task_name)
    return act


@transaction.atomic
def note_reader(act: PendingAct, *, reader: User, read_at: datetime) -> None:
    """Record who had agreed by the kind's own rule, when, and in which role.

    Nothing where that is the proposer: one person is never both.
    """
    confirms = ACT_KINDS[act.kind].confirmer_roles
    role = act_roles.acting_role(reader, confirms - {act.proposed_role}, act.municipality_id, None)
    role = role or act_roles.acting_role(reader, confirms, act.municipality_id, None)
    role = role or act_roles.last_role_of(reader, act.municipality_id)
    if is_same_person(reader, act.proposed_by_id) or role is None:
        return
    act.confirmed_by, act.confirmed_at, act.confirmed_role = reader, read_at, role
    act.save(update_fields=["confirmed_by", "confirmed_at", "confirmed_role"])


@transaction.atomic
def stop(act: PendingAct, *, by: User) -> PendingAct:
    """Stop an act that is not done yet: by either person, or by who could have confirmed it.

    The app of its kind is woken to put back what was paused or hidden for it.
    Raises CannotAct.
    """
    act = PendingAct.objects.select_for_update().get(pk=act.pk)
    if why := why_not_stop(act, by):
        raise CannotAct(why)
    act.stopped_by, act.stopped_at = by, clock.now()
    act.save(update_fields=["stopped_by", "stopped_at"])
    record_act(Action.ACT_STOPPED, act, by, any_role(act, by))
    clock.wake_worker(ACT_KINDS[act.kind].task_name)
    return act


@transaction.atomic
def lapse_unconfirmed() -> int:
    """Stop the acts that nobody confirmed in time; how many.

    What was paused for them continues.
    """
    acts = list(PendingAct.objects.lapsing().select_for_update(skip_locked=True))
    for act in acts:
        lapse_act(act)
    return len(acts)


def lapse_act(act: PendingAct) -> None:
    """Stop a locked act, by nobody."""
    act.stopped_at = clock.now()
    act.save(update_fields=["stopped_at"])
    record_act(Action.ACT_STOPPED, act, None, "system")
    clock.wake_worker(ACT_KINDS[act.kind].task_name)


def _with_shown(payload):
    shown = _shown.get()
    return {**(payload or {}), **({"shown": shown} if shown else {})}


def _reason(reason):
    reason = " ".join(reason.split())
    if is_blank(reason) or not MIN_REASON_LENGTH <= len(reason) <= MAX_REASON_LENGTH:
        raise CannotAct(f"なぜ変えるのかを、{MAX_REASON_LENGTH}字までの文で書いてください。")
    return reason


def record_act(action, act, by, role):
    fields = sorted(act.payload.get("changes", ()))
    record_about(act, action, actor=by, role=role, fields=fields)
