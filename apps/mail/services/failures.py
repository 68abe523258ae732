"""Mails that failed for good: their content is erased and the failure is shown."""

from collections.abc import Collection
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.models import Action
from apps.audit.services.audit_events import record
from apps.core import clock
from apps.mail.models import MailFault, MailServer, OutgoingMail, OutgoingMailState
from apps.mail.services import serialisation
from apps.people.models import Guardian, StaffPost, User
from apps.people.permissions import municipalities_where

FAILURES_KEPT_FOR = timedelta(days=30)  # for which a failed mail is listed
LATE_AFTER = timedelta(minutes=5)  # a mail that waits this long is a sign of trouble
REPORTED_FOR = timedelta(hours=1)  # readyz is degraded this long after a mail expired
RECENT_PERIOD = timedelta(days=7)


@transaction.atomic
def give_up(mail: OutgoingMail, fault: MailFault, recipients: Collection[str] = ()) -> None:
    """Mark one mail as failed: erase its content, note its owner, audit it."""
    user = _account_of(recipients)
    city = _municipality_of(user)
    ended = OutgoingMail.objects.waiting().filter(pk=mail.pk).update(
        state=OutgoingMailState.FAILED, fault=fault, content="", ended_at=clock.now(),
        user=user, municipality_id=city,
    )  # fmt: skip
    if ended:
        record(Action.MAIL_FAILED, municipality_id=city, thing=mail, detail=str(fault.value))


def give_up_expired() -> int:
    """Give up mails whose lifetime is over (e.g. codes); returns how many."""
    late = OutgoingMail.objects.waiting().filter(expires_at__lte=clock.now())
    n_ended = 0
    for mail in late.order_by("expires_at")[:200]:
        give_up(mail, MailFault.TOO_LATE, _recipients(mail))
        n_ended += 1
    return n_ended


def delete_old_failures() -> int:
    """Delete failures that are old; returns how many."""
    old = OutgoingMail.objects.failed().filter(ended_at__lt=clock.now() - FAILURES_KEPT_FOR)
    return old.delete()[0]


def failed_for(user: User) -> QuerySet[OutgoingMail]:
    """The failed mails to people of this person's municipality."""
    cities = municipalities_where(user, "mail.view")
    return OutgoingMail.objects.failed().filter(municipality_id__in=cities)


def recently_failed_for(user: User) -> QuerySet[OutgoingMail]:
    """The failed mails of the last days."""
    return failed_for(user).filter(ended_at__gt=clock.now() - RECENT_PERIOD)


def is_mail_leaving() -> bool:
    """Whether mails leave: the server answers, none waits long, none expired within the hour."""
    now, mails = clock.now(), OutgoingMail.objects
    return not (
        MailServer.objects.exclude(away_since=None).exists()
        or mails.waiting().filter(created_at__lt=now - LATE_AFTER, attempts__lt=2).exists()
        or mails.failed().filter(ended_at__gt=now - REPORTED_FOR, fault=MailFault.TOO_LATE).exists()
    )


def _recipients(mail):
    try:
        return serialisation.parse_message(mail.content, {}).recipients()
    except (ValueError, KeyError):
        return ()


def _account_of(recipients):
    """The one account with one of these addresses, else None."""
    found = list(User.objects.filter(email__in=recipients)[:2]) if recipients else []
    return found[0] if len(found) == 1 else None


def _municipality_of(user):
    if user is None:
        return None
    for rows in (StaffPost.objects.filter(user=user), Guardian.objects.filter(user=user)):
        if city := rows.values_list("municipality_id", flat=True).first():
            return city
    return None
