"""Nothing rings at night: what is not urgent waits until its school's morning.

Staff are not put to rest: what rings for them is a person who asked for help.
"""

from django.db.models import Q

from apps.core import clock
from apps.core.clock import JST
from apps.push import quiet
from apps.push.models import DeliveryState, QuietHours


def put_off(chunk):
    """Move the due deliveries of a chunk that lie in their school's rest to its end.

    Returns whether there were any.
    """
    if chunk.broadcast.is_urgent or chunk.broadcast.device_id:  # a trial bell was asked for now
        return False
    now = clock.now().astimezone(JST)
    due = chunk.deliveries.filter(
        state=DeliveryState.PENDING, next_at__lte=now, subscription__user__is_staff=False
    )
    own = {(hours.municipality_id, hours.school_id): hours for hours in _of(chunk.broadcast)}
    n = 0
    for (municipality_id, school_id), hours in own.items():
        mine = due.filter(_whom(municipality_id, school_id, own))
        n += _wait(mine, quiet.rest_ends(now, hours.begins, hours.ends))
    everybody_else = due.exclude(
        Q(
            subscription__municipality__in={
                municipality for municipality, school in own if not school
            }
        )
        | Q(subscription__school__in={school for _, school in own if school})
    )
    n += _wait(everybody_else, quiet.rest_ends(now))
    return bool(n)


def _of(broadcast):
    hours = QuietHours.objects.all()
    return (
        hours.filter(municipality=broadcast.municipality_id) if broadcast.municipality_id else hours
    )


def _whom(municipality_id, school_id, own):
    if school_id:
        return Q(subscription__school=school_id)
    theirs = {school for _, school in own if school}
    return Q(subscription__municipality=municipality_id) & (
        Q(subscription__school=None) | ~Q(subscription__school__in=theirs)
    )


def _wait(due, until):
    return due.update(next_at=until) if until is not None else 0
