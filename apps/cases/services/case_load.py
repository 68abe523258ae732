"""How much work the open cases are: counts of what one person may see, never of whom."""

from dataclasses import dataclass

from django.db.models import Count, Q

from apps.cases.models import Rank
from apps.cases.services.case_queue import waiting_for
from apps.people.models import User


@dataclass(frozen=True)
class CaseLoad:
    """Open cases in one person's care: unseen, held, and by how many people."""

    n_unseen: int
    n_held: int
    n_holders: int


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
