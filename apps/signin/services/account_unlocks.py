"""Unlocking a staff account: two people agree, one of them from outside the school.

The owner starts as if new: a password set by a code to the confirmed address, and a new second
factor.
"""

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet

from apps.audit.models import SecurityKind
from apps.people.act_rules import ActEffects
from apps.people.models import PendingAct, StaffPost, User
from apps.people.permissions import rows_where
from apps.people.services import act_processing, act_queries, pending_acts
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_agreed_change
from apps.people.services.security_events import note_security_event
from apps.signin.services.account_locks import LOCK
from apps.signin.services.account_reach import lines_about_others
from apps.signin.services.credentials import CredentialChange, end_other_sessions

UNLOCK, VERB = "account.unlock", "second_factor.reset"
NOT_LOCKED = "このアカウントは、止まっていないか、あなたの立場では使えるようにできません。"
STILL_OPEN = "止めたことが、まだ確かめられていません。先に、それを止めるか確かめてください。"


def accounts_unlockable_by(user: User) -> QuerySet:
    """The locked staff accounts whose unlocking this person may propose; never their own."""
    staff_accounts = StaffPost.objects.current().filter(rows_where(user, VERB)).values("user")
    found = User.objects.filter(pk__in=staff_accounts, is_active=False)
    return found.exclude(pk__in=accounts_of_person(user))


def effects_of_unlock(account: User) -> ActEffects:
    """What unlocking this account would do."""
    post = next(iter(account.current_posts), None)
    if account.is_active or post is None:
        return ActEffects("", {})
    names = [("だれ", [_title(one) for one in account.current_posts])]
    names += lines_about_others(account, post.municipality_id)
    return ActEffects(UNLOCK, {"accounts": 1}, names, post.municipality_id)


def propose_unlock(account: User, *, by: User, reason: str) -> PendingAct:
    """Propose to unlock an account. Raises pending_acts.CannotAct."""
    account = accounts_unlockable_by(by).filter(pk=account.pk).first()
    if account is None:
        raise pending_acts.CannotAct(NOT_LOCKED)
    if act_queries.is_act_open_about_account(account, LOCK):
        raise pending_acts.CannotAct(STILL_OPEN)
    effects = effects_of_unlock(account)
    return pending_acts.propose_effects(
        effects, account, title=_title(account.current_posts[0]), by=by, reason=reason,
        payload={"changes": {"is_active": True}},
    )  # fmt: skip


def apply_unlocks() -> int:
    """Unlock the accounts that two people agreed about; returns how many."""
    return act_processing.process_acts(UNLOCK, carry_out=_unlock, put_back=lambda act: None)


def _unlock(act):
    account = User.objects.select_for_update().filter(pk=act.thing_id, is_active=False).first()
    if account is None:
        act_processing.void_act(act)
        return
    Authenticator.objects.filter(user=account).delete()
    account.is_active = True
    account.set_unusable_password()
    account.save(update_fields=["is_active", "password"])
    end_other_sessions(account, CredentialChange.FACTORS_RESET)
    note_security_event(SecurityKind.ACCOUNT_UNLOCKED, user=act.confirmed_by, target_id=account.pk)
    record_agreed_change(act, account, ["is_active", "password", "second_factor"])


def _title(post):
    return f"{post.name}({post.get_role_display()})"
