"""How many people somebody has reached by acts on one person each, one after another on one day."""

from datetime import datetime, time
from uuid import UUID

from apps.core import clock
from apps.people.acts import ACTS, reach_of
from apps.people.models import PendingAct, User


def alone_today(
    kind: str,
    by: User,
    municipality_id: UUID,
    school_id: UUID | None = None,
    *,
    holds: bool = False,
) -> int:
    """How many people this person has reached today at this place by acts of a kind, without a second.

    0 for a kind that counts no day. ``holds`` lets one act of this person in at a time, until the
    transaction ends.
    """
    if ACTS[kind].alone_a_day is None:
        return 0
    if holds:
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
    midnight = datetime.combine(clock.today(), time.min, tzinfo=clock.JST)
    done = PendingAct.objects.filter(
        kind=kind, proposed_by=by, municipality_id=municipality_id, school_id=school_id,
        needs_second=False, stopped_at=None, proposed_at__gte=midnight,
    )  # fmt: skip
    return sum(reach_of(kind, preview) for preview in done.values_list("preview", flat=True))
