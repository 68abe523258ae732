"""Inviting staff: the number comes by mail, the code by telephone; both are needed.

Somebody already signed in must use the account with the invited address.
"""

import hmac
import uuid
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Action, SecurityKind
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.limits import allow
from apps.core.municipality_scope import opens_municipality
from apps.people.account_kinds import account_rows
from apps.people.languages import speaking_to
from apps.people.models import PendingAct, Role, StaffPost, User
from apps.people.normalisation import normalise_mail
from apps.people.services.act_queries import may_still_propose
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.recorded_changes import record_change
from apps.people.services.security_events import note_security_event
from apps.people.services.staff_posts import why_post_invalid
from apps.signin import account_mail, codes
from apps.staffing.models import MAX_WRONG_CODES, StaffInvitation
from apps.vault.services.keys import blind_indexes
from apps.vault.services.paper_codes import seal_code

LIFETIME = timedelta(days=7)
VOICE_CODE_LENGTH = 8  # characters: 40 bits, five attempts
NOT_USABLE = gettext_lazy(
    "この招待は使えません。期限がすぎたか、もう使われたか、番号のまちがいです。"
    "招待した人に、新しい招待をたのんでください。"
)
WRONG_CODE = gettext_lazy(
    "声で聞いた番号がちがいます。%(n)s回まちがえると、この招待は使えなくなります。"
)
OTHER_PERSON = gettext_lazy(
    "ほかの人としてサインインしています。「終わる」を押してから、もう一度開いてください。"
)
NOT_STAFF = gettext_lazy(
    "このメールアドレスは、保護者または生徒のアカウントです。"
    "招待した人に、別のアドレスを伝えてください。"
)
LOCKED = gettext_lazy(
    "このメールアドレスのアカウントは止められています。ヘルプデスクに聞いてください。"
)


class CannotJoin(Exception):
    """The invitation is not accepted; the message is for the invited person."""


class NotUsable(CannotJoin):
    """The invitation is none, used up or over."""


# -- inviting ------------------------------------------------------------------------------------


def send_invitation(post: StaffPost, mail: str, *, act: PendingAct) -> StaffInvitation:
    """Create the invitation that two people agreed to and mail it, in their transaction."""
    invitation = StaffInvitation(
        act=act, invited_by=act.proposed_by, mail=mail,
        municipality_id=post.municipality_id, school_id=post.school_id,
        school_class_id=post.school_class_id, grade=post.grade, role=post.role, name=post.name,
        begins_on=post.begins_on, ends_on=post.ends_on,
        expires_at=clock.now() + LIFETIME,
    )  # fmt: skip
    _write(invitation)
    return invitation


@transaction.atomic
def resend_invitation(invitation: StaffInvitation, *, by: User) -> StaffInvitation:
    """A new number and a new code for an unused invitation; the old ones end. Raises CannotJoin."""
    row = StaffInvitation.objects.unused().select_for_update(of=["self"])
    row = row.filter(pk=invitation.pk, is_first=False).first()
    if row is None or _is_offer_over(row):
        raise NotUsable(NOT_USABLE)
    row.expires_at, row.wrong_codes = clock.now() + LIFETIME, 0
    _write(row)
    _record(row, by, ["number"])
    return row


@transaction.atomic
def revoke_invitation(invitation: StaffInvitation, *, by: User) -> None:
    """End an invitation that nobody has used; nothing where somebody has."""
    row = StaffInvitation.objects.unused().select_for_update(of=["self"])
    row = row.filter(pk=invitation.pk).first()
    if row is not None:
        row.revoked_at, row.voice_code = clock.now(), ""
        row.save(update_fields=["revoked_at", "voice_code"])
        _record(row, by, ["revoked"])


def new_number(invitation: StaffInvitation) -> str:
    """A new number, sealed into the row (not saved)."""
    number = codes.generate_code(codes.LETTER_LENGTH)
    seal_code(invitation, number)
    return number


def invitation_url(number: str) -> str:
    """The one-time URL, with the number in its fragment, which no server receives."""
    return f"{settings.PORTAL_URL}{reverse('staffing:enter_number')}#{codes.group_code(number)}"


def _write(invitation):
    number = new_number(invitation)
    invitation.voice_code = codes.generate_code(VOICE_CODE_LENGTH)
    invitation.save()
    context = {
        "address": invitation_url(number),
        "number": codes.group_code(number),
        "days": LIFETIME.days,
    }
    words = render_to_string("staffing/invitation_mail.txt", context)
    subject = mail_subject(_("職員としての招待"))
    message = EmailMessage(subject, words, to=[invitation.mail])
    message.kind, message.lasts_s = "staff_invitation", int(LIFETIME.total_seconds())
    message.send()


# -- accepting ------------------------------------------------------------------------------------


@opens_municipality()
def find_invitation(number: str) -> StaffInvitation:
    """The usable invitation of a typed number. Raises CannotJoin, always with the same message."""
    digests = blind_indexes(StaffInvitation.code_label, codes.normalise_typed_code(number))
    found = StaffInvitation.objects.usable().filter(code_digest__in=digests).first()
    if found is None or _is_offer_over(found):
        raise NotUsable(NOT_USABLE)
    return found


def _is_offer_over(row):
    """Whether the post can no longer be given: what it is, or who offered it, has changed."""
    is_past = row.ends_on is not None and row.ends_on < clock.today()
    if is_past or why_post_invalid(row):
        return True
    act = row.act
    return act is not None and not may_still_propose(
        act.kind, act.proposed_by_id, act.municipality_id, act.school_id
    )


def accept_invitation(number: str, voice_code: str, *, signed_in: User | None = None) -> StaffPost:
    """Give the post to the holder of number and code; creates a missing account. Raises CannotJoin.

    A wrong code counts even if the transaction fails; one invitation gives one post, once.
    """
    invitation = find_invitation(number)
    if not allow("staff_invitation", str(invitation.pk)):
        raise NotUsable(NOT_USABLE)
    with transaction.atomic():
        row = StaffInvitation.objects.usable().select_for_update(of=["self"])
        row = row.filter(pk=invitation.pk, is_first=False).first()
        if row is None or _is_offer_over(row):
            raise NotUsable(NOT_USABLE)
        why = _why_not(row, voice_code, signed_in)
        if not why:
            return give_post(row, row.mail, row.name)
    raise CannotJoin(why)


def _why_not(row, voice_code, signed_in):
    typed_code = codes.normalise_typed_code(voice_code)
    if not hmac.compare_digest(typed_code.encode(), row.voice_code.encode()):
        row.wrong_codes += 1
        row.save(update_fields=["wrong_codes"])
        note_security_event(SecurityKind.SIGN_IN_FAILED, detail="staff_invitation")
        return WRONG_CODE % {"n": MAX_WRONG_CODES}
    owner = User.objects.filter(email__iexact=row.mail).first()
    if signed_in is not None and (owner is None or owner.pk not in accounts_of_person(signed_in)):
        return OTHER_PERSON
    if owner is None or may_receive_post(owner):
        return ""
    return LOCKED if owner.is_staff and not owner.is_active else NOT_STAFF


def may_receive_post(account: User) -> bool:
    """Whether a post may be given to this account: one of staff, in use, of no student."""
    is_student = any(row.what == "student" for row in account_rows(account.pk))
    return account.is_staff and account.is_active and not is_student


def give_post(row, mail, name, *, is_waiting=False):
    """Create the post of an invitation, with its account; the invitation is used up."""
    user = staff_account_for(mail)
    post = StaffPost.objects.create(
        municipality_id=row.municipality_id, school_id=row.school_id,
        school_class_id=row.school_class_id, grade=row.grade, role=row.role, name=name, user=user,
        begins_on=row.begins_on or clock.today(), ends_on=row.ends_on, renewed_on=clock.today(),
        is_waiting=is_waiting,
    )  # fmt: skip
    row.used_at, row.post, row.voice_code = clock.now(), post, ""
    row.save(update_fields=["used_at", "post", "voice_code"])
    record(
        Action.STAFF_APPOINTED, actor=row.invited_by, municipality_id=row.municipality_id,
        role=row.act.proposed_role if row.act else "command line", thing=post,
    )  # fmt: skip
    _mail_new_post(user, post)
    return post


def staff_account_for(mail: str) -> User:
    """The staff account of an address; created, without a password, where there is none."""
    mail = normalise_mail(mail)
    user = User.objects.filter(email__iexact=mail).first()
    if user is None:
        user = User(username=uuid.uuid4().hex, email=mail, is_staff=True)
        user.set_unusable_password()
        user.save()
    if not EmailAddress.objects.filter(user=user, email__iexact=mail).exists():
        EmailAddress.objects.create(user=user, email=mail, verified=True, primary=True)
    return user


def _mail_new_post(user, post):
    """Mail the owner of an existing account that it has one more post."""
    if user.has_usable_password():
        with speaking_to(user):
            words = render_to_string("staffing/new_post_mail.txt", {"post": post})
            account_mail.mail_user(user, "staff_post", _("担当が増えました"), words)


def _record(row, by, fields):
    role = next((post.role for post in by.current_posts), Role.CITY)
    record_change(row, by, fields, role=role)
