"""The mail of the day: that something of a case waits on きょう. It says nothing else."""

from datetime import date

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.cases.models import FollowUpDigest
from apps.cases.services.follow_ups import follow_ups_for
from apps.core import clock
from apps.people.languages import speaking_to
from apps.people.models import User
from apps.people.services.recorded_changes import record_change
from apps.signin.account_mail import mail_user

TASK = "cases.send_digests"
BATCH = 20


def digest_hour(user: User) -> int | None:
    """The hour this person has chosen; None: no mail."""
    return FollowUpDigest.objects.filter(user=user).values_list("hour", flat=True).first()


@transaction.atomic
def choose_hour(user: User, hour: int | None) -> None:
    """Keep the hour of this person's mail; None ends it. The same again changes nothing."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if digest_hour(user) == hour:
        return
    if hour is None:
        FollowUpDigest.objects.filter(user=user).delete()
    else:
        FollowUpDigest.objects.update_or_create(user=user, defaults={"hour": hour})
    post = user.current_posts[0]
    record_change(user, user, ["digest_hour"], role=post.role,
                  municipality_id=post.municipality_id)  # fmt: skip


def send_digests() -> int:
    """Mail to everybody whose hour it is and for whom something waits; once a day each."""
    now, n_sent = clock.now().astimezone(clock.JST), 0
    while (sent := _send_some(now.hour, now.date())) is not None:
        n_sent += sent
    return n_sent


@transaction.atomic
def _send_some(hour: int, on: date) -> int | None:
    """How many of the next few were mailed; None where nobody is left.

    That it was sent and the mail itself stand in one transaction: a worker that dies leaves neither.
    """
    due = FollowUpDigest.objects.filter(Q(sent_on=None) | Q(sent_on__lt=on), hour=hour)
    rows = list(due.select_for_update(skip_locked=True).order_by("pk")[:BATCH])
    if not rows:
        return None
    FollowUpDigest.objects.filter(pk__in=[row.pk for row in rows]).update(sent_on=on)
    users = User.objects.filter(pk__in=[row.pk for row in rows], is_active=True)
    return sum(_mail(user) for user in users)


def _mail(user: User) -> bool:
    if not follow_ups_for(user):
        return False
    with speaking_to(user):
        url = f"{settings.PORTAL_URL}{reverse('admin:index')}"
        words = render_to_string("cases/digest_mail.txt", {"url": url})
        mail_user(user, "digest", _("「きょう」に見るものがあります"), words)
    return True
