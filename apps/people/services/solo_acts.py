"""How many people somebody has reached alone in one day, by acts on one person each."""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q

from apps.core import clock
from apps.core.time_zone import midnight
from apps.people.act_kinds import ACT_KINDS
from apps.people.act_rules import people_reached
from apps.people.act_types import ActTiming
from apps.people.models import PendingAct, User
from apps.people.services.person_accounts import accounts_of_person

IMMEDIATE_ACT_KINDS = [kind for kind, act in ACT_KINDS.items() if act.when == ActTiming.AT_ONCE]

SOLO_LIMIT_REACHED = (
    "きょう、あなたが同じことをした{n}人を、まだだれも確かめていません。"
    "確かめる人({who})が確かめてから続けるか、急ぐときは、ほかの人がはじめます。"
)


def people_reached_today(
    kind: str,
    by: User,
    municipality_id: UUID,
    school_id: UUID | None = None,
    *,
    holds: bool = False,
) -> int:
    """How many people this person has reached alone today at this place by acts of a kind.

    For reversible kinds only unconfirmed acts count. 0 for a kind without a daily limit. ``holds``
    serialises the acts of this person until the transaction ends.
    """
    if ACT_KINDS[kind].solo_limit_a_day is None:
        return 0
    if holds:
        accounts = User.objects.filter(pk__in=accounts_of_person(by)).order_by("pk")
        list(accounts.select_for_update(no_key=True).values_list("pk"))
    done = PendingAct.objects.filter(
        kind=kind, proposed_by__in=accounts_of_person(by), municipality_id=municipality_id, school_id=school_id,
        stopped_at=None, proposed_at__gte=midnight(clock.today()),
    ).filter(Q(needs_second=False) | Q(kind__in=IMMEDIATE_ACT_KINDS, confirmed_at=None))  # fmt: skip
    return sum(people_reached(kind, preview) for preview in done.values_list("preview", flat=True))


def people_reached_that_day(act: PendingAct) -> int:
    """How many people the act's proposer reached by acts of its kind on that day.

    Anywhere in the municipality, confirmed or not. 0 for a kind without a daily limit.
    """
    if ACT_KINDS[act.kind].solo_limit_a_day is None:
        return 0
    begin = midnight(act.proposed_at.astimezone(clock.JST).date())
    begun = PendingAct.objects.filter(
        kind=act.kind, proposed_by__in=accounts_of_person(act.proposed_by), municipality=act.municipality_id,
        proposed_at__gte=begin, proposed_at__lt=begin + timedelta(days=1),
    )  # fmt: skip
    return sum(
        people_reached(act.kind, preview) for preview in begun.values_list("preview", flat=True)
    )
