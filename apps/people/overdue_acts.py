"""What works already by one person's word and nobody has confirmed for some school days."""

from datetime import timedelta

from apps.core import clock
from apps.people import pending_acts
from apps.people.acts import ACTS, When
from apps.people.models import PendingAct, User
from apps.people.services import is_school_day

PATIENCE = 3  # school days in which somebody should have confirmed it
AT_ONCE = [kind for kind, act in ACTS.items() if act.when == When.AT_ONCE]


def overdue_for(user: User) -> list:
    """The unconfirmed acts this person may know of that worked at once PATIENCE school days ago."""
    acts = pending_acts.visible_to(user).unconfirmed().filter(kind__in=AT_ONCE)
    return [act for act in acts.order_by("proposed_at") if is_overdue(act)]


def is_overdue(act: PendingAct) -> bool:
    """Whether PATIENCE school days have begun since the day of the act."""
    day, last, n_days = act.proposed_at.astimezone(clock.JST).date(), clock.today(), 0
    while day < last and n_days < PATIENCE:
        day += timedelta(days=1)
        n_days += is_school_day(act.school_id, day)
    return n_days >= PATIENCE
