"""Reversible acts that nobody has confirmed yet: overdue or urgent ones."""

from datetime import timedelta

from apps.core import clock
from apps.people.models import PendingAct, Role, User
from apps.people.services import act_queries
from apps.people.services.person_accounts import accounts_of_person
from apps.people.services.school_calendar import is_school_day
from apps.people.services.solo_acts import IMMEDIATE_ACT_KINDS, people_reached_that_day

OVERDUE_AFTER_SCHOOL_DAYS = 3  # school days within which somebody should confirm


def overdue_acts_for(user: User) -> list:
    """The acts visible to this person that are unconfirmed for PATIENCE school days."""
    acts = act_queries.acts_visible_to(user).unconfirmed().filter(kind__in=IMMEDIATE_ACT_KINDS)
    return [act for act in acts.order_by("proposed_at") if is_overdue(act)]


def urgent_acts_for(user: User) -> list[tuple[PendingAct, int]]:
    """[(act, people that day)] of keeping out that city and privacy officer should review now.

    Those that leave a child without a deciding guardian, or are among several by one person
    on a day; unconfirmed, begun by somebody else.
    """
    if not any(post.role in (Role.CITY, Role.PRIVACY) for post in user.current_posts):
        return []
    acts = act_queries.acts_visible_to(user).unconfirmed().filter(kind="guardian.keep_out")
    acts = acts.exclude(proposed_by__in=accounts_of_person(user)).order_by("proposed_at")
    counted = [(act, people_reached_that_day(act)) for act in acts]
    return [(act, n) for act, n in counted if n > 1 or act.preview.get("without")]


def is_overdue(act: PendingAct) -> bool:
    """Whether PATIENCE school days have begun since the day of the act."""
    day, last, n_days = act.proposed_at.astimezone(clock.JST).date(), clock.today(), 0
    while day < last and n_days < OVERDUE_AFTER_SCHOOL_DAYS:
        day += timedelta(days=1)
        n_days += is_school_day(act.school_id, day)
    return n_days >= OVERDUE_AFTER_SCHOOL_DAYS
