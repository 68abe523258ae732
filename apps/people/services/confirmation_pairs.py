"""Who confirms whose acts, by month, so that two who always confirm each other are noticed.

Acts only; confirmations of newcomers are counted by ``registration``.
"""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, QuerySet

from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.act_kinds import ACT_KINDS
from apps.people.models import PendingAct, StaffPost, User
from apps.people.permissions import municipalities_where

MATRIX_VERB = "staff.matrix"


def parse_month(text: str) -> date:
    """The first day of a month written 2026-11; of this month where that is not a month."""
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a date without a time
    except ValueError:
        return clock.today().replace(day=1)


def next_month(first: date) -> date:
    """The first day of the next month."""
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def previous_month(first: date) -> date:
    """The first day of the month before."""
    return (first - timedelta(days=1)).replace(day=1)


def bounds_of(first: date) -> tuple[datetime, datetime]:
    """(begin, end) of the month that begins on this day."""
    return midnight(first), midnight(next_month(first))


def confirmations_in_month(first: date, user: User) -> list[dict]:
    """[{first, second, what, n}] of that month in this person's city, most frequent first."""
    begin, end = bounds_of(first)
    found = PendingAct.objects.filter(
        municipality__in=municipalities_where(user, MATRIX_VERB), confirmed_at__gte=begin,
        confirmed_at__lt=end,
    )  # fmt: skip
    rows = _counted(found)
    names = names_of({row[key] for row in rows for key in ("proposed_by", "confirmed_by")})
    return [
        {
            "first": names.get(row["proposed_by"], "—"),
            "second": names.get(row["confirmed_by"], "—"),
            "what": ACT_KINDS[row["kind"]].name,
            "n": row["n"],
        }
        for row in rows
    ]


def _counted(found: QuerySet) -> list[dict]:
    pairs = found.order_by().values("proposed_by", "confirmed_by", "kind").annotate(n=Count("pk"))
    return list(pairs.order_by("-n", "kind", "proposed_by", "confirmed_by"))


def names_of(ids: set[UUID]) -> dict[UUID, str]:
    """{account id: 山田 花(管理職)}, also for who holds no post any more."""
    posts = StaffPost.objects.filter(user__in=ids).order_by("begins_on", "pk")
    return {post.user_id: f"{post.name}({post.get_role_display()})" for post in posts}
