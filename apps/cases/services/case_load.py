"""How much work the open cases are: counts of what one person may see, never of which student."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Count, F, Q

from apps.cases.models import Rank, SupportCase
from apps.cases.services.case_queue import waiting_for
from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.models import Role, StaffPost, User
from apps.people.permissions import posts_with
from apps.people.services.school_calendar import last_day_before_school_days

SCHOOL_DAYS_TO_LOOK = 3  # within which somebody should have opened a case
VERB = "cases.view"


@dataclass(frozen=True)
class CaseLoad:
    """Open cases in one person's care: unseen, held, and by how many people."""

    n_unseen: int
    n_held: int
    n_holders: int


@dataclass(frozen=True)
class SchoolLoad:
    """The open cases of the schools that one person leads; ``to_first_look``: the mean."""

    n_late: int  # that nobody has opened for three school days
    n_overdue: int
    to_first_look: timedelta | None


@dataclass(frozen=True)
class HolderLoad:
    """The open cases that one member of staff holds ("": nobody)."""

    name: str
    n_open: int
    n_overdue: int


def load_for(user: User) -> CaseLoad:
    """The CaseLoad of this person, in one statement."""
    counted = (
        waiting_for(user)
        .order_by()
        .aggregate(
            n_unseen=Count("pk", filter=Q(rank__lte=Rank.UNSEEN)),
            n_held=Count("holder"),
            n_holders=Count("holder", distinct=True),
        )
    )
    return CaseLoad(**counted)


def school_load_for(user: User) -> SchoolLoad | None:
    """What a lead must know of their schools; None for everybody else."""
    led = [post.school_id for post in posts_with(user, VERB) if post.role == Role.PRINCIPAL]
    if not led:
        return None
    late = Q(pk__in=[])
    for school_id in led:
        day = last_day_before_school_days(school_id, SCHOOL_DAYS_TO_LOOK)
        late |= Q(school=school_id, opened_at__lt=midnight(day + timedelta(days=1)))
    counted = (
        waiting_for(user)
        .order_by()
        .aggregate(
            n_late=Count("pk", filter=Q(rank__lte=Rank.UNSEEN) & late),
            n_overdue=Count("pk", filter=Q(review_on__lt=clock.today())),
            to_first_look=Avg(F("first_seen_at") - F("opened_at")),
        )
    )
    return SchoolLoad(**counted)


def holders_for(user: User) -> list[HolderLoad]:
    """Who holds how many open cases in this person's care, the most first."""
    rows = (
        waiting_for(user)
        .order_by()
        .values_list("holder")
        .annotate(n_open=Count("pk"), n_overdue=Count("pk", filter=Q(review_on__lt=clock.today())))
    )
    found = list(rows)
    posts = StaffPost.objects.filter(user__in=[holder for holder, *_ in found if holder])
    names = {post.user_id: f"{post.name}({post.get_role_display()})" for post in posts}
    loads = [HolderLoad(names.get(holder, ""), n_open, late) for holder, n_open, late in found]
    return sorted(loads, key=lambda load: (-load.n_open, load.name))


def is_late(case: SupportCase) -> bool:
    """Whether nobody has opened this case for three school days."""
    day = last_day_before_school_days(case.school_id, SCHOOL_DAYS_TO_LOOK)
    return case.rank <= Rank.UNSEEN and case.opened_at < midnight(day + timedelta(days=1))
