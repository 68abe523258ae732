"""Resetting a lost second factor: by two people, never by its owner with the password alone.

Afterwards the owner starts as if new: a password set by a code to the confirmed address; staff set
up a new factor before any of their pages opens.
"""

from allauth.mfa.models import Authenticator
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string

from apps.core import clock
from apps.people.act_rules import ActEffects
from apps.people.languages import speaking_to
from apps.people.models import Guardian, PendingAct, StaffPost, Student, User
from apps.people.permissions import municipalities_where, rows_where, students_where
from apps.people.services import act_processing, pending_acts
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_agreed_change
from apps.signin import account_mail
from apps.signin.services import myna_links
from apps.signin.services.account_reach import lines_about_others
from apps.signin.services.credentials import CredentialChange, end_other_sessions

RESET = "second_factor.reset"  # the kind of the act, and the permission verb of the proposer
MAIL = "mfa/email/factors_reset"
NOT_HERE = "この人の2段階の認証は、なくせません。登録がないか、ほかの自治体の人です。"


def accounts_resettable_by(user: User) -> QuerySet:
    """The accounts whose second factor this person may propose to reset; never their own.

    Staff of their municipality, and guardians of its students.
    """
    staff = StaffPost.objects.current().filter(rows_where(user, RESET)).values("user")
    in_reach = Student.objects.filter(students_where(user, RESET)).values("pk")
    guardians = Guardian.objects.filter(guardianships__student__in=in_reach).values("user")
    with_one = Authenticator.objects.values("user")
    found = User.objects.filter(Q(pk__in=staff) | Q(pk__in=guardians), pk__in=with_one)
    return found.exclude(pk__in=accounts_of_person(user))


def effects_of_reset(account: User) -> ActEffects:
    """What removing the second factor of this account ends."""
    if not Authenticator.objects.filter(user=account).exists():
        return ActEffects("", {})
    post = next(iter(account.current_posts), None)
    guardian = Guardian.objects.filter(user=account).first()
    place = post or guardian
    if place is None:
        return ActEffects("", {})
    names = [("だれ", [_title(post)]), *lines_about_others(account, place.municipality_id)]
    return ActEffects(
        RESET, {"accounts": 1}, names, place.municipality_id, getattr(post, "school_id", None)
    )


def propose_reset(account: User, *, by: User, reason: str) -> PendingAct:
    """Propose to reset a second factor; a second person agrees before it is removed.

    Raises pending_acts.CannotAct for an account out of reach or without a factor, and for the
    person's own.
    """
    account = accounts_resettable_by(by).filter(pk=account.pk).first()
    effects = effects_of_reset(account) if account is not None else ActEffects("", {})
    if not effects.kind or effects.municipality_id not in municipalities_where(by, RESET):
        raise pending_acts.CannotAct(NOT_HERE)
    return pending_acts.propose_effects(
        effects, account, title=_title(next(iter(account.current_posts), None)), by=by,
        reason=reason, payload={"changes": {}},
    )  # fmt: skip


def apply_factor_resets() -> int:
    """Remove the factors of the acts that two people agreed to; returns how many."""
    return act_processing.process_acts(RESET, carry_out=_take_off, put_back=lambda act: None)


def _take_off(act):
    account = User.objects.select_for_update().filter(pk=act.thing_id).first()
    found = Authenticator.objects.filter(user=account)
    if account is None or not found.exists():
        act_processing.void_act(act)
        return
    found.delete()
    has_card = myna_links.delete_myna_link(account)
    account.set_unusable_password()
    account.save(update_fields=["password"])
    end_other_sessions(account, CredentialChange.FACTORS_RESET)
    fields = ["password", "second_factor", *(["my_number_card"] if has_card else [])]
    record_agreed_change(act, account, fields)
    _mail_account(account)


def _mail_account(account):
    with speaking_to(account):
        subject = render_to_string(f"{MAIL}_subject.txt").strip()
        words = render_to_string(f"{MAIL}_message.txt", {"timestamp": clock.now()})
        account_mail.mail_user(account, "factors_reset", subject, words.strip())


def _title(post):
    return f"{post.name}({post.get_role_display()})" if post else "保護者のアカウント"
