"""Mails that failed for good: their content is erased and the failure is shown."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.models import Action
from apps.audit.services.audit_events import record_many
from apps.core import clock, sweeps
from apps.core.municipality_scope import across_municipalities
from apps.mail.models import MailFault, MailServer, OutgoingMail, OutgoingMailState
from apps.mail.services import serialisation
from apps.people.models import Guardian, StaffPost, User
from apps.people.permissions import municipalities_where

FAILURES_KEPT_FOR = timedelta(days=30)  # for which a failed mail is listed
LATE_AFTER = timedelta(minutes=5)  # a mail that waits this long is a sign of trouble
REPORTED_FOR = timedelta(hours=1)  # readyz is degraded this long after a mail expired
RECENT_PERIOD = timedelta(days=7)
MOST_AT_ONCE = 200  # their contents are held in memory


def give_up(mail: OutgoingMail, fault: MailFault, recipients: Collection[str] = ()) -> None:
    """Mark one mail as failed: erase its content, note its owner, audit it."""
    _give_up({mail.pk: frozenset(recipients)}, fault)


def give_up_expired() -> int:
    """Give up mails whose lifetime is over (e.g. codes); returns how many."""
    late = OutgoingMail.objects.waiting().filter(expires_at__lte=clock.now())
    mails = late.order_by("expires_at")[:MOST_AT_ONCE]
    return _give_up({mail.pk: frozenset(_recipients(mail)) for mail in mails}, MailFault.TOO_LATE)


@transaction.atomic
def _give_up(recipients: Mapping[UUID, Collection[str]], fault: MailFault) -> int:
    """Mark mails that still wait as failed; ``recipients`` are the addresses of each. How many."""
    waiting = OutgoingMail.objects.waiting().filter(pk__in=recipients)
    held = waiting.select_for_update(of=("self",)).defer("content")
    mails = list(held.order_by("pk"))
    if not mails:
        return 0
    accounts = _accounts_of({mail.pk: recipients[mail.pk] for mail in mails})
    cities = _municipalities_of({user.pk for user in accounts.values()})
    now = clock.now()
    for mail in mails:
        mail.user = accounts.get(mail.pk)
        mail.municipality_id = cities.get(mail.user_id)
        mail.state, mail.fault = OutgoingMailState.FAILED, fault
        mail.content, mail.ended_at = "", now
    OutgoingMail.objects.bulk_update(
        mails, ["state", "fault", "content", "ended_at", "user", "municipality"]
    )
    record_many(
        {
            "action": Action.MAIL_FAILED, "municipality_id": mail.municipality_id, "thing": mail,
            "detail": str(fault.value),
        }
        for mail in mails
    )  # fmt: skip
    return len(mails)


def delete_old_failures() -> int:
    """Delete failures that are old; returns how many."""
    old = OutgoingMail.objects.failed().filter(ended_at__lt=clock.now() - FAILURES_KEPT_FOR)
    return sweeps.delete_due(old).n


def failed_for(user: User) -> QuerySet[OutgoingMail]:
    """The failed mails to people of this person's municipality."""
    cities = municipalities_where(user, "mail.view")
    return OutgoingMail.objects.failed().filter(municipality_id__in=cities)


def recently_failed_for(user: User) -> QuerySet[OutgoingMail]:
    """The failed mails of the last days."""
    return failed_for(user).filter(ended_at__gt=clock.now() - RECENT_PERIOD)


@across_municipalities
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


def _accounts_of(recipients):
    """{mail id: the one account with one of its addresses}; mails without just one are left out."""
    addresses = {address for each in recipients.values() for address in each}
    by_address = defaultdict(set)
    for user in User.objects.filter(email__in=addresses) if addresses else ():
        by_address[user.email].add(user)
    found = {
        pk: set().union(*(by_address[address] for address in each))
        for pk, each in recipients.items()
    }
    return {pk: users.pop() for pk, users in found.items() if len(users) == 1}


def _municipalities_of(user_ids):
    """{account id: the municipality of a post, else of a guardian}."""
    cities = {}
    for model in (Guardian, StaffPost) if user_ids else ():
        cities |= dict(model.objects.filter(user__in=user_ids).values_list("user", "municipality"))
    return cities
