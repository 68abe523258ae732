"""Reminds a school of newcomers who have waited for three school days: once each, without names."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core import clock
from apps.core.email_addresses import mail_subject
from apps.core.time_zone import midnight
from apps.people.languages import speaking_to
from apps.people.models import School, StaffPost, User
from apps.people.permission_tables import ROLES_BY_VERB
from apps.people.services.school_calendar import last_day_before_school_days
from apps.registration.models import GuardianRegistration
from apps.registration.services.confirmation_queue import waiting_registrations
from apps.registration.services.registration_contexts import VERB

REMIND_AFTER_SCHOOL_DAYS = 3  # school days after which somebody should have decided
SUBJECT = _("確かめを待っている保護者がいます")
BODY = _(
    "%(school)sで、%(n)s人の保護者が、3授業日より長く学校の確かめを待っています。\n\n"
    "確かめるまで、その人の返事は数えられません。40日たつと、登録はやりなおしになります。\n\n"
    "%(url)s\n\nこのメールには、名前は書いていません。"
)


def count_late_for(user: User) -> int:
    """How many of the newcomers that wait for this person are late."""
    waiting = waiting_registrations(user)
    schools = set(waiting.order_by().values_list("school", flat=True).distinct())
    late = Q(pk__in=[])
    for school in schools - {None}:
        late |= Q(school=school, registered_at__lt=_since(school))
    return waiting.filter(late).values("pk").distinct().count()


def send_reminders() -> int:
    """Mail those for whom a late newcomer of their school waits; returns the number of mails.

    Each reads the number of those who wait for them, never of newcomers of their own family.
    """
    waiting = GuardianRegistration.objects.waiting().filter(reminded_at=None)
    schools = School.objects.filter(pk__in=waiting.values("school"))
    return sum(_remind_school(school, waiting.filter(school=school)) for school in schools)


@transaction.atomic
def _remind_school(school, waiting: QuerySet) -> int:
    late = waiting.filter(registered_at__lt=_since(school.pk)).select_for_update(skip_locked=True)
    ids = list(late.values_list("pk", flat=True))
    if not ids:
        return 0
    posts = StaffPost.objects.current().filter(school=school, role__in=ROLES_BY_VERB[VERB])
    posts = posts.filter(user__is_active=True).select_related("user")
    people = {post.user.email: post.user for post in posts}
    counts = {address: _count_for(people[address], ids) for address in people.keys() - {""}}
    addresses = sorted(address for address, n in counts.items() if n)
    for address in addresses:
        _mail(people[address], school, counts[address])
    GuardianRegistration.objects.filter(pk__in=ids).update(reminded_at=clock.now())
    return len(addresses)


def _count_for(user, ids) -> int:
    """How many of these newcomers this person may know of: as on their own page of who waits."""
    return waiting_registrations(user).filter(pk__in=ids).values("pk").distinct().count()


def _mail(user, school, n):
    url = settings.PORTAL_URL + reverse("admin:registration_waiting")
    with speaking_to(user):
        body = BODY % {"school": school.name, "n": n, "url": url}
        message = EmailMessage(mail_subject(SUBJECT), body, to=[user.email])
    message.kind = "registrations_waiting"
    message.send()


def _since(school_id) -> datetime:
    """Newcomers from before this moment have waited for the given school days of the school."""
    day = last_day_before_school_days(school_id, REMIND_AFTER_SCHOOL_DAYS) + timedelta(days=1)
    return midnight(day)
