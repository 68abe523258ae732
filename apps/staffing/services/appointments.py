"""Giving, changing, ending and restoring the posts of staff: each by two people.

Ending takes effect at once and is confirmed afterwards; everything that gives a right waits for the
second person. Nobody does any of it about themselves.
"""

import uuid
from copy import copy
from datetime import date, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from apps.core import clock
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, StaffPost, User
from apps.people.normalisation import normalise_mail
from apps.people.services import act_processing, act_queries, pending_acts, post_duties
from apps.people.services.act_roles import acting_role
from apps.people.services.pending_acts import CannotAct
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change
from apps.people.services.staff_posts import (
    CITY_MANAGED_ROLES,
    appointing_post,
    confirming_school_id,
    is_post_over,
    other_holders,
    posts_managed_by,
    why_post_invalid,
)
from apps.signin.services.credentials import CredentialChange, end_other_sessions
from apps.staffing.services import invitations

APPOINT, CHANGE, END, RESTORE = "post.appoint", "post.change", "post.end", "post.restore"
FIELDS = ("role", "school", "school_class", "grade", "name", "begins_on", "ends_on")
CHANGEABLE = ("role", "school_class", "grade", "begins_on", "ends_on")
NOT_YOURS = "この担当を決める立場ではないか、自分の担当です。"
OWN_MAIL = "自分のアカウントへの招待は作れません。"
BY_ROSTER = "名簿から来た担当です。立場と学級は名簿で変えます。ここで変えられるのは期間だけです。"
OVER = "この担当は、もう終わっています。"
NOT_OVER = "この担当は、終わっていません。"
LAST = "この自治体でただ一人の担当です。先に、ほかの人を決めてください。"
CANNOT_SUCCEED = "この人は、あとを引きつげません。"


def post_title(post: StaffPost) -> str:
    """A post as the pages of the two people name it."""
    return f"{post.name}({post.get_role_display()})"


# -- appointing ----------------------------------------------------------------------------------


def effects_of_appointment(post: StaffPost) -> ActEffects:
    """What giving this (unsaved) post would do."""
    return _effects(APPOINT, post)


@transaction.atomic
def propose_appointment(post: StaffPost, mail: str, *, by: User, reason: str) -> PendingAct:
    """Propose somebody for a post; they are invited once a second person agrees. Raises CannotAct."""
    mail = normalise_mail(mail)
    if why := why_post_invalid(post):
        raise CannotAct(why)
    role = _appointing_role(by, post)
    if why := why_not_invited(mail, by):
        raise CannotAct(why)
    return pending_acts.propose(
        APPOINT, thing_id=_same_offer(post, mail), title=post_title(post),
        municipality_id=post.municipality_id, school_id=confirming_school_id(post), by=by, reason=reason,
        preview={"posts": 1}, payload={"changes": _stored_values(post, FIELDS), "mail": mail},
        role=role,
    )  # fmt: skip


def _same_offer(post, mail):
    """A key for the same post offered to the same address, so that it waits only once."""
    place = (post.municipality_id, post.role, post.school_id, post.school_class_id, post.grade)
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{mail}|{place}")


def why_not_invited(mail: str, by: User) -> str:
    """Why nobody with this address can be invited by this person; "" where they can.

    Whether the address has a family's account is not told to the inviting person: its owner reads
    it when using the invitation (``invitations.accept_invitation``).
    """
    owner = account_with_address(mail)
    return OWN_MAIL if owner is not None and owner.pk in accounts_of_person(by) else ""


def account_with_address(mail: str) -> User | None:
    """The account with this address, confirmed or first."""
    found = EmailAddress.objects.filter(email__iexact=mail, verified=True).first()
    return found.user if found else User.objects.filter(email__iexact=mail).first()


# -- changing --------------------------------------------------------------------------------------


def effects_of_change(post: StaffPost, changes: dict) -> ActEffects:
    """What changing this post would do; changes are {field: stored value}."""
    return _effects(CHANGE, post) if changes else ActEffects("", {})


@transaction.atomic
def propose_change(post: StaffPost, changes: dict, *, by: User, reason: str) -> PendingAct:
    """Propose other facts of a post. Raises CannotAct."""
    before = _managed(post, by)
    if is_post_over(before):
        raise CannotAct(OVER)
    if before.source_id and set(changes) - {"begins_on", "ends_on"}:
        raise CannotAct(BY_ROSTER)
    after = with_changes(copy(before), changes)
    if why := why_post_invalid(after):
        raise CannotAct(why)
    return _propose(CHANGE, before, by, reason, changes, after=after)


# -- ending and restoring ----------------------------------------------------------------------------


def effects_of_end(post: StaffPost, successor: User | None = None) -> ActEffects:
    """What ending this post would end, and who takes over its duties."""
    duties = [duty.words for duty in post_duties.duties_of(post.user_id, post.school_id)]
    names = [("だれ", [post_title(post)])]
    if duties:
        names.append(("受け持っているもの", duties))
        names.append(("引きつぐ人", [_named(successor) if successor else "決まるまで市の担当者"]))
    return _effects(END, post, names)


def why_not_end(post: StaffPost) -> str:
    """Why this post may not be ended; "" where it may."""
    if is_post_over(post):
        return OVER
    return LAST if post.role in CITY_MANAGED_ROLES and not other_holders(post).exists() else ""


@transaction.atomic
def end_post(
    post: StaffPost, *, by: User, reason: str, successor: User | None = None
) -> PendingAct:
    """End a post now: its holder's sessions end with the next request; confirmed later.

    Raises CannotAct.
    """
    post = _managed(post, by)
    if why := why_not_end(post):
        raise CannotAct(why)
    if successor is not None:
        _transfer_duties(post, successor, by)
    before = _stored_values(post, ("ends_on", "source_id"))
    post.ended_at, post.source_id = clock.now(), ""
    post.ends_on = clock.today() - timedelta(days=1)
    post.save(update_fields=["ended_at", "ends_on", "source_id"])
    _end_sessions(post)
    act = _propose(END, post, by, reason, {"ends_on": post.ends_on.isoformat()}, before=before)
    _record(act, post, ["ends_on"], by, act.proposed_role)
    return act


def effects_of_restore(post: StaffPost) -> ActEffects:
    """What restoring an ended post would do."""
    return _effects(RESTORE, post) if is_post_over(post) else ActEffects("", {})


@transaction.atomic
def propose_restore(post: StaffPost, *, by: User, reason: str) -> PendingAct:
    """Propose that an ended post continues. Raises CannotAct."""
    post = _managed(post, by)
    if not is_post_over(post):
        raise CannotAct(NOT_OVER)
    if act_queries.open_act_about(post, END) is not None:
        raise CannotAct(
            "終わりにしたことが、まだ確かめられていません。先に、それを止めるか確かめてください。"
        )
    return _propose(RESTORE, post, by, reason, {"ends_on": None})


# -- applying -------------------------------------------------------------------------------------


def apply_post_acts() -> int:
    """Apply what two people agreed to, undo what was stopped; returns how many were applied."""
    n_done = act_processing.process_acts(APPOINT, carry_out=_invite, put_back=_nothing)
    n_done += act_processing.process_acts(CHANGE, carry_out=_change, put_back=_nothing)
    n_done += act_processing.process_acts(RESTORE, carry_out=_restore, put_back=_nothing)
    return n_done + act_processing.process_acts(END, put_back=_undo_end)


def _invite(act):
    post = with_changes(StaffPost(municipality_id=act.municipality_id), act.payload["changes"])
    mail = act.payload["mail"]
    if why_post_invalid(post) or why_not_invited(mail, act.proposed_by):
        act_processing.void_act(act)
        return
    invitations.send_invitation(post, mail, act=act)


def _change(act):
    post = _locked(act)
    changes = act.payload["changes"]
    if (
        post is None
        or is_post_over(post)
        or any(stored_value(post, name) != value for name, value in act.payload["before"].items())
    ):
        act_processing.void_act(act)
        return
    post = with_changes(post, changes)
    if why_post_invalid(post):
        act_processing.void_act(act)
        return
    post.save(update_fields=sorted(changes))
    _record(act, post, sorted(changes), act.confirmed_by, act.confirmed_role)


def _restore(act):
    post = _locked(act)
    if post is None or not is_post_over(post):
        act_processing.void_act(act)
        return
    post.ended_at, post.ends_on, post.renewed_on = None, None, clock.today()
    post.save(update_fields=["ended_at", "ends_on", "renewed_on"])
    _record(act, post, ["ends_on"], act.confirmed_by, act.confirmed_role)


def _undo_end(act):
    post = _locked(act)
    if post is None or post.ended_at is None:
        return
    before = act.payload["before"]
    named = StaffPost.objects.filter(
        municipality=post.municipality_id, school=post.school_id, source_id=before["source_id"],
        ends_on=None,
    )  # fmt: skip
    post.source_id = "" if named.exists() else before["source_id"]
    post.ended_at, post.ends_on = None, _as_value(post, "ends_on", before["ends_on"])
    post.save(update_fields=["ended_at", "ends_on", "source_id"])
    _record(act, post, ["ends_on"], act.stopped_by, acting_role(
        act.stopped_by, ACT_KINDS[END].confirmer_roles, act.municipality_id, act.school_id
    ) or act.proposed_role)  # fmt: skip


def _nothing(act):
    """Nothing was done yet that would have to be undone."""


# -- helpers --------------------------------------------------------------------------------------


def with_changes(post: StaffPost, changes: dict) -> StaffPost:
    """The post with these stored values; not saved."""
    for name, value in changes.items():
        field = post._meta.get_field(name)
        setattr(post, field.attname, _as_value(post, name, value))
    return post


def stored_value(post: StaffPost, name: str):
    """A post's value as an act stores it."""
    value = getattr(post, post._meta.get_field(name).attname)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


def _as_value(post, name, value):
    field = post._meta.get_field(name)
    return field.target_field.to_python(value) if field.many_to_one else field.to_python(value)


def _stored_values(post, names):
    return {name: stored_value(post, name) for name in names}


def _effects(kind, post, names=None):
    names = names or [("だれ", [post_title(post)])]
    return ActEffects(kind, {"posts": 1}, names, post.municipality_id, confirming_school_id(post))


def _managed(post, by):
    """The post, locked. Raises CannotAct for one that this person may not decide about."""
    found = posts_managed_by(by).select_for_update(of=["self"]).filter(pk=post.pk).first()
    if found is None:
        raise CannotAct(NOT_YOURS)
    return found


def _appointing_role(by, *posts):
    """The role of the one post from which ``by`` decides about all of these. Raises CannotAct."""
    held = appointing_post(by, *posts)
    if held is None:
        raise CannotAct(NOT_YOURS)
    return held.role


def _propose(kind, post, by, reason, changes, *, before=None, after=None):
    posts = [post, after or post]
    return pending_acts.propose(
        kind, thing_id=post.pk, title=post_title(post), municipality_id=post.municipality_id,
        school_id=confirming_school_id(*posts), by=by, reason=reason, preview={"posts": 1},
        payload={"changes": changes, "before": before or _stored_values(post, changes)},
        role=_appointing_role(by, *posts),
    )  # fmt: skip


def _locked(act):
    return StaffPost.objects.select_for_update(of=["self"]).filter(pk=act.thing_id).first()


def _transfer_duties(post, successor, by):
    if successor.pk not in post_duties.possible_successors(post.user_id, post.school_id):
        raise CannotAct(CANNOT_SUCCEED)
    post_duties.hand_over(post.user_id, post.school_id, successor.pk, by)


def _end_sessions(post):
    if post.user_id is not None:
        end_other_sessions(User.objects.get(pk=post.user_id), CredentialChange.POST)


def _named(user):
    held = next(iter(user.current_posts), None)
    return post_title(held) if held else str(user)


def _record(act, post, fields, by, role):
    record_change(post, by, fields, role=role, municipality_id=act.municipality_id)
