"""Proposes, confirms and stops staff acts; the app of each kind carries them out."""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.people.act_rules import ACT_KINDS, act_due_at, exceeds_solo_limit, needs_second_person
from apps.people.models import PendingAct, StaffPost, User
from apps.people.services import act_roles
from apps.people.services.act_runner import run_each
from apps.people.services.act_subjects import (
    acts_hidden_from,
    is_about_own_family,
    why_conflict_of_interest,
)
from apps.people.services.act_witnesses import why_counts_differ, why_no_credible_witness
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_person,
    count_persons,
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
    kept = {
        "lines": [[str(word) for word in line] for line in lines],
        "names": [[what, [str(name) for name in found]] for what, found in names],
    }
    token = _shown.set(kept)
    try:
        yield
    finally:
        _shown.reset(token)


@transaction.atomic
def propose(
    kind: str, *, thing_id, title: str, municipality_id: UUID, by: User, reason: str,
    preview: dict, payload: dict | None = None, school_id: UUID | None = None,
    has_two_confirmations: bool = False,
) -> PendingAct:  # fmt: skip
    """Create a pending act; the PendingAct.

    ``preview`` is {name of a count of the kind: number} as shown to the person. An act that
    reaches only one person needs no second one, but still waits its day.
    ``heard_two``: two people have already agreed by a rule of the kind's own.
    Raises CannotAct without a reason, for a role that may not, and while such an act is open.
    """
    reason = _reason(reason)
    role = act_roles.acting_role(by, ACT_KINDS[kind].proposer_roles, municipality_id, school_id)
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
    _record(Action.ACT_PROPOSED, act, by, role)
    clock.wake_worker(ACT_KINDS[kind].task_name)
    return act


@transaction.atomic
def confirm(act: PendingAct, *, by: User, seen: str | None = None) -> PendingAct:
    """Confirm as the second person. Raises CannotAct for the first one, or the same role.

    ``seen`` is act_counts.serialise_counts as on their page: other numbers refuse it.
    """
    act = PendingAct.objects.select_for_update().get(pk=act.pk)
    if why := why_not_confirm(act, by) or (seen is not None and why_counts_differ(act, seen)):
        raise CannotAct(why)
    act.confirmed_by, act.confirmed_at = by, clock.now()
    act.confirmed_role = _second_role(act, by)
    act.due_at = act_due_at(act.kind, act.confirmed_at)
    act.save(update_fields=["confirmed_by", "confirmed_at", "confirmed_role", "due_at"])
    _record(Action.ACT_CONFIRMED, act, by, act.confirmed_role)
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
    _record(Action.ACT_STOPPED, act, by, _any_role(act, by))
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
    _record(Action.ACT_STOPPED, act, None, "system")
    clock.wake_worker(ACT_KINDS[act.kind].task_name)


def process_acts(*kinds: str, carry_out=None, put_back=None) -> int:
    """Undo stopped acts of these kinds and carry out due ones; how many were carried out.

    ``put_back(act)`` and ``carry_out(act)`` run in the transaction that closes the act: a worker
    killed in between leaves it to the next. A failure is logged and does not stop the others.
    """
    if put_back is not None:
        put_back_stopped(*kinds, put_back=put_back)
    return run_each(partial(claim_due, *kinds), carry_out, mark_done)


def put_back_stopped(*kinds: str, put_back) -> None:
    """Undo the effects of stopped acts of these kinds, each in its own transaction."""
    run_each(partial(claim_stopped, *kinds), put_back, mark_undone)


def claim_due(*kinds: str, but=()) -> PendingAct | None:
    """One due act of these kinds, locked in the caller's transaction; None if none is due.

    A worker killed before the commit leaves it to the next; two never get the same. ``but``
    are ids to skip.
    """
    due = PendingAct.objects.due().filter(kind__in=kinds).exclude(pk__in=but).order_by("due_at")
    return due.select_for_update(skip_locked=True).first()


def claim_stopped(*kinds: str, but=()) -> PendingAct | None:
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
    _record(Action.ACT_STOPPED, act, by, _any_role(act, by) or "system")


def void_act(act: PendingAct) -> None:
    """Within ``carry_out``: close the act undone, because its target has changed."""
    act.stopped_at = clock.now()
    act.save(update_fields=["stopped_at"])


def mark_done(act: PendingAct, *, at: datetime | None = None) -> None:
    """Note that a claimed act was carried out, in the same transaction."""
    act.done_at = at or clock.now()
    act.save(update_fields=["done_at"])
    _record(Action.ACT_STOPPED if act.stopped_at else Action.ACT_DONE, act, None, "system")


# -- who may --------------------------------------------------------------------------------------


def why_not_confirm(act: PendingAct, user: User) -> str:
    """Why this person cannot confirm the act; "" where they can."""
    if act.stopped_at or act.done_at or not act.needs_second or act.confirmed_at:
        return "もう決まった変更です。"
    if is_same_person(user, act.proposed_by_id):
        return "はじめた人のほかの人が確かめます。"
    if why := why_conflict_of_interest(act, user):
        return why
    if _second_role(act, user) is None:
        return f"確かめられるのは、はじめた人とちがう立場の人({confirming_roles_in_words(act.kind, act.proposed_role)})だけです。"
    return why_no_credible_witness(act, user)


def why_not_stop(act: PendingAct, user: User) -> str:
    """Why this person cannot stop the act; "" where they can."""
    if act.stopped_at:
        return "もう止めた変更です。"
    if act.done_at:
        return "もう行った変更です。"
    if undone_by := ACT_KINDS[act.kind].undone_by:
        return f"止めても、もとにもどりません。もどすときは「{ACT_KINDS[undone_by].name}」を、二人で先に確かめます。"
    if why := why_conflict_of_interest(act, user):
        return why
    two = (act.proposed_by_id, act.confirmed_by_id)
    may = any(is_same_person(user, one) for one in two) or _second_role(act, user)
    return (
        "" if may and _any_role(act, user) else "止められるのは、はじめた人と確かめる人だけです。"
    )


def changed_lines_for(act: PendingAct, user: User) -> list[list[str]]:
    """[label, before, after] of what changes, as this person may read it.

    Confidential lines are shown to the two deciders only, until the act is closed.
    """
    lines = act.payload.get("shown", {}).get("lines", [])
    two = (act.proposed_by_id, act.confirmed_by_id)
    is_open = not act.stopped_at and not act.done_at and not why_conflict_of_interest(act, user)
    if is_open and (
        any(is_same_person(user, one) for one in two) or not why_not_confirm(act, user)
    ):
        said = ACT_KINDS[act.kind].decider_fields.items()
        lines = [*lines, *([words, "", act.payload[name]] for name, words in said)]
    return lines


def confirming_roles_in_words(kind: str, role: str = "") -> str:
    """The roles that may confirm an act of this kind begun in ``role``, in words."""
    able = ACT_KINDS[kind].confirmer_roles - {role}
    return "・".join(label for each, label in _labels().items() if each in able)


def count_possible_confirmers(
    act_kind, municipality_id, school_id=None, *, but: User, role: str = "",
    without: User | None = None,
):  # fmt: skip
    """How many people hold a post today from which they could confirm such an act of ``but``."""
    posts = act_roles.posts_in_roles(
        ACT_KINDS[act_kind].confirmer_roles, municipality_id, school_id
    )
    posts = posts.exclude(role=role).exclude(user=None).filter(user__is_active=True)
    posts = posts.exclude(user__in=accounts_of_person(but))
    if without is not None:
        posts = posts.exclude(user__in=accounts_of_person(without))
    return count_persons(posts.values_list("user_id", flat=True))


def acts_visible_to(user: User):
    """The acts this member of staff may see: proposed or confirmable from one of their posts.

    None about the account of another guardian of a child of theirs.
    """
    seen = Q(pk__in=[])
    for post in user.current_posts:
        kinds = [
            k
            for k, act in ACT_KINDS.items()
            if post.role in act.proposer_roles | act.confirmer_roles
        ]
        where = Q(municipality=post.municipality_id, kind__in=kinds)
        if post.school_id:
            where &= Q(school=post.school_id)
        seen |= where
    return PendingAct.objects.filter(seen).exclude(acts_hidden_from(user))


def open_act_about(thing, *kinds: str) -> PendingAct | None:
    """The open act about this row (of these kinds), or None."""
    found = PendingAct.objects.open().filter(kind__in=kinds, thing_id=str(thing.pk))
    return found.first()


def acts_waiting_for(user: User) -> list:
    """The acts that wait for this person's confirmation, oldest first."""
    found = acts_visible_to(user).unconfirmed().exclude(proposed_by__in=accounts_of_person(user))
    found = found.order_by("proposed_at")
    return [act for act in found if not why_not_confirm(act, user)]


def proposing_role(kind: str, user: User, municipality_id, school_id=None) -> str:
    """The role in which this person may propose such an act there; "" where they may not."""
    return (
        act_roles.acting_role(user, ACT_KINDS[kind].proposer_roles, municipality_id, school_id)
        or ""
    )


def why_not_reader(kind: str, reader: User, municipality_id, *, but: User, role: str) -> str:
    """Why this person may not be the reader of what ``but`` begins in ``role``; "" where they may.

    Another role is required where somebody holds one today, as for every pending act.
    """
    roles = ACT_KINDS[kind].confirmer_roles - {role}
    held = act_roles.acting_role(reader, roles, municipality_id, None)
    is_over = not any(post.municipality_id == municipality_id for post in reader.current_posts)
    if is_over:  # held that post when reading
        held = {act_roles.last_role_of(reader, municipality_id)} & roles
    if held and not is_same_person(reader, but.pk):
        return ""
    if not count_possible_confirmers(kind, municipality_id, but=but, role=role):
        return ""
    return f"読んで確かめるのは、公開する人とちがう立場の人({confirming_roles_in_words(kind, role)})です。"


def _second_role(act, user):
    roles = ACT_KINDS[act.kind].confirmer_roles - {act.proposed_role}
    return act_roles.acting_role(user, roles, act.municipality_id, act.school_id)


def _any_role(act, user):
    roles = ACT_KINDS[act.kind].confirmer_roles | ACT_KINDS[act.kind].proposer_roles
    return act_roles.acting_role(user, roles, act.municipality_id, act.school_id)


def _labels():
    return dict(StaffPost._meta.get_field("role").choices)


def _with_shown(payload):
    shown = _shown.get()
    return {**(payload or {}), **({"shown": shown} if shown else {})}


def _reason(reason):
    reason = " ".join(reason.split())
    if not MIN_REASON_LENGTH <= len(reason) <= MAX_REASON_LENGTH:
        raise CannotAct(f"なぜ変えるのかを、{MAX_REASON_LENGTH}字までの文で書いてください。")
    return reason


def _record(action, act, by, role):
    record(
        action,
        actor=by,
        role=role,
        municipality_id=act.municipality_id,
        thing=act,
        fields=sorted(act.payload.get("changes", ())),
    )
