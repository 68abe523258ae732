"""Postpones deliveries in quiet hours: what is not urgent waits until they end at its school.

Messages to staff are not postponed: they say that a person asked for help.
"""

from django.db.models import Q

from apps.core import clock
from apps.core.clock import JST
from apps.push import quiet_hours_rules
from apps.push.models import DeliveryState, QuietHours


def postpone_quiet_deliveries(chunk):
    """Move the due deliveries of a chunk that lie in their school's quiet hours to the end of
    these.

    Returns whether there were any.
    """
    if chunk.broadcast.is_urgent or chunk.broadcast.device_id:  # a trial message was asked for now
        return False
    now = clock.now().astimezone(JST)
    due = chunk.deliveries.filter(
        state=DeliveryState.PENDING, next_at__lte=now, subscription__user__is_staff=False
    )
    own = {
        (hours.municipality_id, hours.school_id): hours
        for hours in _quiet_hours_for(chunk.broadcast)
    }
    n = 0
    for (municipality_id, school_id), hours in own.items():
        own_deliveries = due.filter(_recipients(municipality_id, school_id, own))
        n += _postpone(own_deliveries, quiet_hours_rules.quiet_until(now, hours.begins, hours.ends))
    everybody_else = due.exclude(
        Q(
            subscription__municipality__in={
                municipality for municipality, school in own if not school
            }
        )
        | Q(subscription__school__in={school for _, school in own if school})
    )
    n += _postpone(everybody_else, quiet_hours_rules.quiet_until(now))
    return bool(n)


def _quiet_hours_for(broadcast):
    hours = QuietHours.objects.all()
    return (
        hours.filter(municipality=broadcast.municipality_id) if broadcast.municipality_id else hours
    )


def _recipients(municipality_id, school_id, own):
    if school_id:
        return Q(subscription__school=school_id)
    theirs = {school for _, school in own if school}
    return Q(subscription__municipality=municipality_id) & (
        Q(subscription__school=None) | ~Q(subscription__school__in=theirs)
    )


def _postpone(due, until):
    return due.update(next_at=until) if until is not None else 0
