"""What the helpdesk sees of a person: how they can sign in and be reached, never what they wrote.

Nothing here tells of which child somebody is the guardian, or whether they are kept out from one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Action, Audience
from apps.audit.services.audit_events import record
from apps.core.limits import allow
from apps.mail.services.failures import recently_failed_for
from apps.people.languages import speaking_to
from apps.people.models import Guardian, StaffPost, Student, User
from apps.people.permissions import role_of
from apps.push.models import PushSubscription
from apps.push.services.subscriptions import known_devices_of
from apps.signin import account_mail
from apps.signin.models import LoginCard
from apps.signin.services import session_endings
from apps.signin.services.pins import locked_until

VERB = session_endings.VERB  # of whoever looks after sign-ins: the helpdesk and the city
DEVICES_SHOWN = 10
NO_ADDRESS = gettext_lazy("確かめたメールアドレスがありません。")
TOO_OFTEN = gettext_lazy("この人には、きょうもう3回送りました。")


class CannotSupport(Exception):
    """It is not done; the message is a sentence for staff."""


@dataclass(frozen=True)
class PersonFacts:
    """What the helpdesk sees of one account."""

    account: User
    name: str
    what: str
    student: Student | None = None
    has_confirmed_mail: bool = False
    has_second_factor: bool = False
    has_card: bool = False
    has_pin: bool = False
    is_card_stopped: bool = False
    card_locked_until: datetime | None = None
    n_failed_mails: int = 0
    devices: list[PushSubscription] = field(default_factory=list)


@transaction.atomic
def person_facts(account_id: UUID, *, by: User) -> PersonFacts | None:
    """The facts of an account within reach, noted in the record; None out of reach."""
    person = session_endings.person_endable_by(by, account_id)
    if person is None:
        return None
    account, student = person.user, person if isinstance(person, Student) else None
    card = LoginCard.objects.valid().filter(student=student).first() if student else None
    devices = known_devices_of(account)
    _record(Action.SUPPORT_PERSON, person, by)
    return PersonFacts(
        account=account,
        name=session_endings.name_of(person),
        what=_what(person),
        student=student,
        has_confirmed_mail=EmailAddress.objects.filter(user=account, verified=True).exists(),
        has_second_factor=Authenticator.objects.filter(user=account).exists(),
        has_card=card is not None,
        has_pin=card is not None and card.pin_digest is not None,
        is_card_stopped=card is not None and card.stopped_at is not None,
        card_locked_until=locked_until(card) if card else None,
        n_failed_mails=recently_failed_for(by).filter(user=account).count(),
        devices=list(devices[:DEVICES_SHOWN]),
    )


@transaction.atomic
def mail_sign_in_guide(account_id: UUID, *, by: User) -> None:
    """Mail once more how to sign in, to the confirmed addresses. Raises CannotSupport."""
    person = session_endings.person_endable_by(by, account_id)
    addresses = account_mail.confirmed_addresses(person.user) if person is not None else set()
    if person is None or not addresses:
        raise CannotSupport(str(NO_ADDRESS))
    if not allow("support.guide_mail", str(account_id)):
        raise CannotSupport(str(TOO_OFTEN))
    account = person.user
    with speaking_to(account):
        subject = _("サインインのしかた")
        words = _(
            "加賀ポータルには、次のページから入ります。\n%(sign_in)s\n\n"
            "パスワードを忘れたときは、次のページで決め直せます。\n%(reset)s\n\n"
            "わからないときは、次のページを見てください。\n%(guide)s"
        ) % {
            "sign_in": _address("account_login"),
            "reset": _address("account_reset_password"),
            "guide": _address("helpdesk:guide"),
        }
        account_mail.mail_addresses(addresses, "sign_in_guide", subject, words)
    _record(Action.SUPPORT_MAILED, person, by)


def _what(person: Student | Guardian | StaffPost) -> str:
    if isinstance(person, Student):
        return person.class_and_number
    return person.get_role_display() if isinstance(person, StaffPost) else str(_("保護者"))


def _address(name: str) -> str:
    return f"{settings.PORTAL_URL}{reverse(name)}"


def _record(action: Action, person: Student | Guardian | StaffPost, by: User) -> None:
    """For the privacy officer alone: a family reads nothing of it."""
    record(
        action, actor=by, role=role_of(by, None, VERB), municipality_id=person.municipality_id,
        thing=person.user, audience=Audience.OFFICE,
    )  # fmt: skip
