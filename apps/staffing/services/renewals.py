"""Posts are renewed once a school year; neither a date nor a missed renewal ends the last holder.

From the first of April the lead (for a school) and the city (for itself and the leads) see which
posts are not renewed yet. From 15 May their holders are mailed; what is not renewed ends on the
first of June, and a fortnight after the mail at the earliest. The roster renews the posts it names.
"""

from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.core import clock
from apps.core.school_years import school_year_begins
from apps.people.languages import speaking_to
from apps.people.models import CITY_WIDE_ROLES, Role, StaffPost, User
from apps.people.permissions import posts_with, role_of
from apps.people.services.recorded_changes import record_change
from apps.people.services.staff_posts import (
    APPOINT_VERB,
    is_last_holder,
    posts_managed_by,
    reach_of_appointing,
)
from apps.signin import account_mail
from apps.signin.services.credentials import CredentialChange, end_other_sessions

NOTICE_PERIOD = timedelta(days=14)
LOOK_BACK = timedelta(days=7)  # days in which the periodic tasks may not have run
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('signin.renewals', 0))"


def last_day(day: date) -> date:
    """The last day of an unrenewed post, in the school year of a day."""
    return school_year_begins(day).replace(month=5, day=31)


def next_last_day() -> date:
    """The last day for what is due today: of this school year, or a fortnight from now."""
    today = clock.today()
    return max(last_day(today), today + NOTICE_PERIOD)


def notice_day(day: date) -> date:
    """From when holders are mailed, in the school year of a day."""
    return school_year_begins(day).replace(month=5, day=15)


def unrenewed_posts(on: date) -> QuerySet:
    """The posts with an account that nobody has renewed since the first of April."""
    since = Coalesce("renewed_on", "begins_on", Value(date.min, DateField()))
    posts = StaffPost.objects.current(on).filter(source_id="").exclude(user=None)
    return posts.annotate(since=since).filter(since__lt=school_year_begins(on))


def renewals_due_for(user: User) -> QuerySet:
    """The posts that this person renews: the lead's school; the city itself, leads, and schools
    without one.
    """
    lead = StaffPost.objects.current().filter(
        school=OuterRef("school"), role=Role.PRINCIPAL, user__is_active=True
    )
    renews = Q(pk__in=[])
    for post in posts_with(user, APPOINT_VERB):
        reach = reach_of_appointing(post)
        if post.school_id is None:
            reach &= Q(role__in=[*CITY_WIDE_ROLES, Role.PRINCIPAL]) | Q(~Exists(lead))
        renews |= reach
    managed = posts_managed_by(user).values("pk")
    due = unrenewed_posts(clock.today()).filter(renews, pk__in=managed)
    return due.select_related("school", "school_class", "user", "municipality").order_by(
        F("school__name").asc(nulls_first=True), "role", "name"
    )


@transaction.atomic
def renew_posts(post_ids: list[UUID], *, by: User) -> int:
    """Renew these posts; returns how many. Posts that are not due are skipped."""
    ids = renewals_due_for(by).filter(pk__in=post_ids).values_list("pk", flat=True)
    posts = StaffPost.objects.select_for_update(of=["self"]).filter(pk__in=list(ids))
    for post in posts:
        post.renewed_on, post.extended_on = clock.today(), None
        post.save(update_fields=["renewed_on", "extended_on"])
        _record(post, ["renewed_on"], by, role_of(by, post, APPOINT_VERB))
    return len(posts)


def postponed_ends_for(user: User) -> QuerySet:
    """The posts whose end was postponed because nobody else holds one like it."""
    found = posts_managed_by(user).exclude(extended_on=None).filter(ended_at=None)
    return found.select_related("school", "school_class", "municipality")


def sweep_renewals() -> None:
    """Postpone the last holders' ends, mail, and end posts that are due. Safe to repeat or run
    late.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        today = clock.today()
        _postpone_last_holders(today)
        if today >= notice_day(today):
            _tell(today)
        if today > last_day(today):
            _end(today)


def _postpone_last_holders(today):
    """Remove the end date of a post whose end would leave nobody."""
    ends = (today - LOOK_BACK, today + timedelta(days=1))
    near = StaffPost.objects.filter(ends_on__range=ends, ended_at=None, source_id="")
    near = near.filter(is_waiting=False).exclude(user=None)
    for post in near.order_by("-ends_on", "pk").select_for_update(of=["self"]):
        if is_last_holder(post, max(post.ends_on, today - timedelta(days=1)) + timedelta(days=1)):
            post.ends_on, post.extended_on = None, today
            post.save(update_fields=["ends_on", "extended_on"])
            _record(post, ["ends_on", "extended_on"])


def _tell(today):
    start = school_year_begins(today)
    mailed = Q(renewal_asked_on__gte=start)
    for post in unrenewed_posts(today).exclude(mailed).select_for_update(of=["self"]):
        post.renewal_asked_on = today
        post.save(update_fields=["renewal_asked_on"])
        last = max(last_day(today), today + NOTICE_PERIOD)
        with speaking_to(post.user):
            words = render_to_string("staffing/renewal_mail.txt", {"post": post, "last": last})
            account_mail.mail_user(post.user, "renewal", _("担当を続けるかの確認"), words)


def _end(today):
    mailed = Q(
        renewal_asked_on__gte=school_year_begins(today), renewal_asked_on__lte=today - NOTICE_PERIOD
    )
    for post in unrenewed_posts(today).filter(mailed).order_by("pk").select_for_update(of=["self"]):
        if is_last_holder(post, today):
            if post.extended_on is None:
                post.extended_on = today
                post.save(update_fields=["extended_on"])
            continue
        post.ends_on, post.ended_at = today - timedelta(days=1), clock.now()
        post.save(update_fields=["ends_on", "ended_at"])
        end_other_sessions(post.user, CredentialChange.POST)
        _record(post, ["ends_on"])


def _record(post, fields, by=None, role="system"):
    record_change(post, by, fields, role=role)
