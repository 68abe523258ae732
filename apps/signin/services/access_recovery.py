"""Account recovery for guardians who lost their mail address, agreed by two people.

Only for guardians of the school's own children, never for staff. The new address is proved by a
code before anybody signs in; the old one is told that it changed, not to what. Whether an address
already has an account is told to its owner alone, by mail.
"""

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.db.models import Q, QuerySet

from apps.core.email_addresses import mail_subject
from apps.core.templatetags.japanese import plain
from apps.people.act_rules import ActEffects
from apps.people.languages import speaking_to
from apps.people.models import Guardian, Guardianship, PendingAct, StaffPost, Student, User
from apps.people.normalisation import normalise_mail
from apps.people.permissions import students_where
from apps.people.person_match_rules import TypedPerson
from apps.people.services import act_processing, closed_acts, kept_out_people, pending_acts
from apps.people.services.person_accounts import (
    OWN_FAMILY_REFUSED,
    accounts_of_other_guardians,
    accounts_of_person,
)
from apps.people.services.recorded_changes import record_agreed_change
from apps.signin import account_mail, words
from apps.signin.services import myna_links
from apps.signin.services.account_reach import lines_about_others
from apps.signin.services.credentials import CredentialChange, end_other_sessions

RESTORE = "access.restore"  # the kind of the pending act
VERB = "guardians.access"
NOT_HERE = "この人の登録は、ここでは もどせません。この学校の子どもの保護者ではありません。"
BAD_ADDRESS = "メールアドレスを、正しく書いてください。"


def accounts_recoverable_by(user: User) -> QuerySet:
    """The guardian accounts of children whom this person reaches at school.

    Without staff, the person's own account, and other guardians of the person's children.
    """
    in_reach = Student.objects.enrolled().filter(students_where(user, VERB))
    guardianships = Guardianship.objects.current().filter(student__in=in_reach)
    guardians = Guardian.objects.filter(pk__in=guardianships.values("guardian")).exclude(user=None)
    staff = StaffPost.objects.current().exclude(user=None).values("user")
    found = User.objects.filter(pk__in=guardians.values("user"), is_active=True, is_staff=False)
    others = accounts_of_other_guardians(user)
    return found.exclude(Q(pk__in=staff) | Q(pk__in=accounts_of_person(user) | others))


def effects_of_recovery(account: User, by: User | None = None) -> ActEffects:
    """What the new address changes; kind "" where the account has no child within reach."""
    child = _child_of(account, by)
    if child is None:
        return ActEffects("", {})
    names = lines_about_others(account, child.municipality_id)
    return ActEffects(RESTORE, {"accounts": 1}, names, child.municipality_id, child.school_id)


def propose_recovery(account: User, address: str, *, by: User, reason: str) -> PendingAct:
    """Ask a second person to agree to the new address; nothing changes until then.

    Raises pending_acts.CannotAct.
    """
    if account.pk in accounts_of_other_guardians(by):
        raise pending_acts.CannotAct(OWN_FAMILY_REFUSED)
    effects = effects_of_recovery(account, by)
    if not effects.kind or not accounts_recoverable_by(by).filter(pk=account.pk).exists():
        raise pending_acts.CannotAct(NOT_HERE)
    address = validated_address(address)
    # the two people alone may see the address
    with pending_acts.with_shown_lines([], effects.names):
        return pending_acts.propose_effects(
            effects, account, title="保護者のアカウント", by=by, reason=reason,
            payload={"changes": {"email": True}, "address": address},
        )  # fmt: skip


def validated_address(address: str) -> str:
    """The address as it is stored. Raises pending_acts.CannotAct for an invalid one.

    Whether somebody already has it is told to no member of staff: its owner is mailed
    (``_carry_out``).
    """
    address = normalise_mail(address)
    try:
        validate_email(address)
    except ValidationError as error:
        raise pending_acts.CannotAct(BAD_ADDRESS) from error
    return address


def apply_recoveries() -> int:
    """Give the accounts the new addresses on which two people agreed; returns how many.

    The address requested by an act that is closed (done, stopped or lapsed) is erased.
    """
    n_done = act_processing.process_acts(RESTORE, carry_out=_carry_out, put_back=lambda act: None)
    closed_acts.destroy_payloads(RESTORE)
    return n_done


def _carry_out(act):
    account = User.objects.select_for_update().filter(pk=act.thing_id, is_staff=False).first()
    address = act.payload["address"]
    if account is None:
        act_processing.void_act(act)
        return
    if owner := _owner_of(address, account):
        _send(owner, words.ADDRESS_TAKEN, [address])
        return
    if kept_out_people.is_refused_for_account(account, TypedPerson(mail=address)):
        return  # it ends as with an address that is somebody's
    old = account_mail.addresses_to_warn(account)
    EmailAddress.objects.filter(user=account).delete()
    EmailAddress.objects.create(user=account, email=address, primary=True, verified=False)
    account.email = address
    account.set_unusable_password()
    account.save(update_fields=["email", "password"])
    fields = ["email", "password"]
    if myna_links.delete_myna_link(account):  # whose card it is was not asked: the owner links anew
        fields.append("my_number_card")
    end_other_sessions(account, CredentialChange.MAIL)
    record_agreed_change(act, account, fields)
    _send(account, words.ADDRESS_REPLACED, sorted(old))
    _send(account, words.ADDRESS_GIVEN, [address])


def _send(user, mail, addresses):
    """Queue a mail (subject and text) to addresses of this person."""
    for address in addresses:
        with speaking_to(user):
            message = EmailMessage(
                mail_subject(plain(mail.subject)), plain(mail.text), to=[address]
            )
        message.kind = "access_restored"
        message.send()


def _owner_of(address, account):
    """The owner of another account with this address, or None."""
    others = User.objects.exclude(pk=account.pk)
    known = EmailAddress.objects.filter(email__iexact=address).values("user")
    return others.filter(Q(email__iexact=address) | Q(pk__in=known)).order_by("pk").first()


def _child_of(account, by):
    """A child of the account (within reach of this person's posts), or None."""
    guardianships = Guardianship.objects.current().filter(guardian__user=account)
    children = Student.objects.enrolled()
    children = children.filter(students_where(by, VERB)) if by is not None else children
    return children.filter(pk__in=guardianships.values("student")).order_by("pk").first()
