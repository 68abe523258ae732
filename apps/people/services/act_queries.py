"""Reads pending acts: who may see, confirm or stop them, and why not."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.core.municipality_scope import across_municipalities
from apps.people.act_rules import ACT_KINDS
from apps.people.act_types import ActTiming
from apps.people.models import PendingAct, Role, User
from apps.people.services import act_roles
from apps.people.services.act_subjects import (
    acts_hidden_from,
    why_conflict_of_interest,
)
from apps.people.services.act_witnesses import why_no_credible_witness
from apps.people.services.person_accounts import (
    accounts_of_person,
    count_persons,
    is_same_person,
)

PROPOSER_GONE = "はじめた人は、もうこの変更をはじめる立場ではありません。必要なら、いまの担当の人が、もう一度はじめます。"


def why_not_confirm(act: PendingAct, user: User) -> str:
    """Why this person cannot confirm the act; "" where they can."""
    if act.stopped_at or act.done_at or not act.needs_second or act.confirmed_at:
        return "もう決まった変更です。"
    if is_same_person(user, act.proposed_by_id):
        return "はじめた人のほかの人が確かめます。"
    if why := why_conflict_of_interest(act, user):
        return why
    if second_role(act, user) is None:
        return f"確かめられるのは、はじめた人とちがう立場の人({confirming_roles_in_words(act.kind, act.proposed_role)})だけです。"
    return why_no_credible_witness(act, user) or _why_proposer_gone(act)


def may_still_propose(
    kind: str, account_id: UUID, municipality_id: UUID, school_id: UUID | None
) -> bool:
    """Whether this account, unlocked, still holds a post from which it could propose that today."""
    roles = ACT_KINDS[kind].proposer_roles
    posts = act_roles.posts_in_roles(roles, municipality_id, school_id)
    return posts.filter(user=account_id, user__is_active=True).exists()


def _why_proposer_gone(act: PendingAct) -> str:
    """What took effect at once stands as it is, and is confirmed all the same."""
    where = (act.municipality_id, act.school_id)
    if ACT_KINDS[act.kind].when == ActTiming.AT_ONCE or may_still_propose(
        act.kind, act.proposed_by_id, *where
    ):
        return ""
    return PROPOSER_GONE


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
    may = any(is_same_person(user, one) for one in two) or second_role(act, user)
    return "" if may and any_role(act, user) else "止められるのは、はじめた人と確かめる人だけです。"


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
        fields = ACT_KINDS[act.kind].decider_fields.items()
        lines = [*lines, *([words, "", act.payload[name]] for name, words in fields)]
    return lines


def confirming_roles_in_words(kind: str, role: str = "") -> str:
    """The roles that may confirm an act of this kind begun in ``role``, in words."""
    able = ACT_KINDS[kind].confirmer_roles - {role}
    return "・".join(label for each, label in _labels().items() if each in able)


def count_possible_confirmers(
    act_kind: str, municipality_id: UUID, school_id: UUID | None = None, *, but: User,
    role: str = "", without: User | None = None,
) -> int:  # fmt: skip
    """How many people hold a post today from which they could confirm such an act of ``but``."""
    posts = act_roles.posts_in_roles(
        ACT_KINDS[act_kind].confirmer_roles, municipality_id, school_id
    )
    posts = posts.exclude(role=role).exclude(user=None).filter(user__is_active=True)
    posts = posts.exclude(user__in=accounts_of_person(but))
    if without is not None:
        posts = posts.exclude(user__in=accounts_of_person(without))
    return count_persons(posts.values_list("user_id", flat=True))


def acts_visible_to(user: User) -> Any:
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


def open_act_about(thing: Any, *kinds: str) -> PendingAct | None:
    """The open act about this row (of these kinds), or None."""
    found = PendingAct.objects.open().filter(kind__in=kinds, thing_id=str(thing.pk))
    return found.first()


@across_municipalities
def is_act_open_about_account(account: User, *kinds: str) -> bool:
    """Whether there is an open act about this account, begun in whichever municipality."""
    return open_act_about(account, *kinds) is not None


def acts_waiting_for(user: User) -> list:
    """The acts that wait for this person's confirmation, oldest first."""
    found = acts_visible_to(user).unconfirmed().exclude(proposed_by__in=accounts_of_person(user))
    found = found.order_by("proposed_at")
    return [act for act in found if not why_not_confirm(act, user)]


def proposing_role(
    kind: str, user: User, municipality_id: UUID, school_id: UUID | None = None
) -> str:
    """The role in which this person may propose such an act there; "" where they may not."""
    return (
        act_roles.acting_role(user, ACT_KINDS[kind].proposer_roles, municipality_id, school_id)
        or ""
    )


def why_not_reader(kind: str, reader: User, municipality_id: UUID, *, but: User, role: str) -> str:
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


def second_role(act: PendingAct, user: User) -> Any:
    """The role in which this user may be the second person; None where they may not."""
    roles = ACT_KINDS[act.kind].confirmer_roles - {act.proposed_role}
    return act_roles.acting_role(user, roles, act.municipality_id, act.school_id)


def any_role(act: PendingAct, user: User) -> Any:
    """The role in which this user may propose or confirm such an act, or None."""
    roles = ACT_KINDS[act.kind].confirmer_roles | ACT_KINDS[act.kind].proposer_roles
    return act_roles.acting_role(user, roles, act.municipality_id, act.school_id)


def _labels() -> dict:
    return {code: str(label) for code, label in Role.choices}
