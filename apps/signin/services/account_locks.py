"""Locking a staff account: at once, by one person; undone if a second person does not agree."""

from django.db import transaction

from apps.audit.models import SecurityKind
from apps.people.act_rules import ActEffects
from apps.people.models import Guardianship, StaffPost, User
from apps.people.permissions import role_of, rows_where
from apps.people.services import act_processing, act_queries, pending_acts
from apps.people.services.account_uses import uses_of_account
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_account_change
from apps.people.services.security_events import note_security_event
from apps.signin.services.account_reach import (
    cities_left_without_privacy_officer,
    lines_about_others,
)

LOCK, LOCK_VERB = "account.lock", "accounts.lock"
LAST_PRIVACY = (
    "この人は、この自治体でただ一人の個人情報保護の担当です。一人では止められません。"
    "先に、ほかの人を担当に任命してください。"
)
LAST_PRIVACY_ELSEWHERE = (
    "この人は、ほかの自治体でただ一人の個人情報保護の担当です。一人では止められません。"
    "先に、その自治体で、ほかの人を担当に任命してもらってください。"
)
LAST_CONFIRMER = (
    "止めると、これを確かめられる人がいなくなります。先に、ほかの人を担当に任命してください。"
)


def accounts_lockable_by(user):
    """The staff accounts this person may lock: of their school or municipality, never their own."""
    place = StaffPost.objects.current().filter(rows_where(user, LOCK_VERB))
    return User.objects.filter(pk__in=place.values("user")).exclude(pk__in=accounts_of_person(user))


def effects_of_lock(account: User) -> ActEffects:
    """What locking this account would end."""
    post = next(iter(account.current_posts), None)
    if post is None or not account.is_active:
        return ActEffects("", {})
    whose = [f"{one.name}({one.get_role_display()})" for one in account.current_posts]
    names = [("だれ", whose)]
    names += lines_about_others(account, post.municipality_id)
    if also := [*_guardian_uses(account), *uses_of_account(account)]:
        names.append(("いっしょに止まるもの", also))
    return ActEffects(LOCK, {"accounts": 1}, names, post.municipality_id, post.school_id)


def _post_lockable_by(account, by):
    """The account's post through which ``by`` may lock it."""
    posts = StaffPost.objects.current().filter(rows_where(by, LOCK_VERB), user=account)
    return posts.order_by("school", "pk").first()


def why_not_lock(account: User, by: User) -> str:
    """Why ``by`` may not lock this account; "" where they may.

    Every municipality always keeps somebody who can read its audit record, and this one somebody
    who could confirm the lock.
    """
    if left := cities_left_without_privacy_officer(account):
        own = {post.municipality_id for post in account.current_posts}
        return LAST_PRIVACY if left & own else LAST_PRIVACY_ELSEWHERE
    post = _post_lockable_by(account, by)
    place = [post.municipality_id, post.school_id]
    proposer = {"but": by, "role": act_queries.proposing_role(LOCK, by, *place)}
    if act_queries.count_possible_confirmers(LOCK, *place, **proposer) and not (
        act_queries.count_possible_confirmers(LOCK, *place, **proposer, without=account)
    ):
        return LAST_CONFIRMER
    return ""


def _guardian_uses(account):
    children = Guardianship.objects.current().filter(guardian__user=account)
    if n_children := children.values("student").distinct().count():
        yield f"保護者としての画面(子ども {n_children}人。この人は家からも開けなくなります)"


@transaction.atomic
def lock_account(account: User, *, by: User, reason: str):
    """Lock a staff account at once; returns the PendingAct to be confirmed afterwards.

    Its sessions end with the next request. Raises pending_acts.CannotAct.
    """
    account = accounts_lockable_by(by).select_for_update(of=["self"]).filter(pk=account.pk).first()
    effects = effects_of_lock(account) if account is not None else ActEffects("", {})
    if not effects.kind:
        raise pending_acts.CannotAct("このアカウントは止められません。")
    if why := why_not_lock(account, by):
        raise pending_acts.CannotAct(why)
    _set_active(account, False, by)
    post = _post_lockable_by(account, by)
    return pending_acts.propose_effects(
        effects, account, at=post, title=f"{post.name}({post.get_role_display()})", by=by,
        reason=reason, payload={"changes": {"is_active": False}},
    )  # fmt: skip


def apply_locks():
    """Unlock accounts whose lock was stopped, and close the acts that were confirmed."""
    act_processing.process_acts(LOCK, put_back=_unlock)


def _unlock(act):
    account = User.objects.filter(pk=act.thing_id, is_active=False).first()
    if account is not None:
        _set_active(account, True, act.stopped_by)


def _set_active(account, is_active, by):
    account.is_active = is_active
    account.save(update_fields=["is_active"])
    post = next(iter(account.current_posts), None)
    kind = SecurityKind.ACCOUNT_UNLOCKED if is_active else SecurityKind.ACCOUNT_LOCKED
    note_security_event(kind, user=by, target_id=account.pk)
    municipality_id = post.municipality_id if post else None
    role = role_of(by, post)
    record_account_change(account, by, ["is_active"], role=role, municipality_id=municipality_id)
