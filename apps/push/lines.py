"""The lines to the push services, shared by all workers: rows that the pure breaker moves."""

import logging
from dataclasses import asdict, fields

from django.conf import settings
from django.db import transaction

from apps.core import clock
from apps.push import breaker
from apps.push.models import PushOrigin

FIELDS = [field.name for field in fields(breaker.Line)]
log = logging.getLogger(__name__)


def take_tokens(origin_id, wanted):
    """(how many bells may be rung at this service now, its Line afterwards)."""
    with transaction.atomic():
        row = PushOrigin.objects.select_for_update().get(pk=origin_id)
        n, line = breaker.take(
            _line(row),
            wanted,
            clock.now(),
            start_rate=settings.PUSH_START_RATE,
            max_rate=settings.PUSH_MAX_RATE,
        )
        _save(row, line)
    return n, line


def note_outcomes(origin_id, outcomes):
    """Move the breaker by a batch's outcomes; True if our signature was refused."""
    if not outcomes:
        return False
    now = clock.now()
    row = PushOrigin.objects.select_for_update().get(pk=origin_id)
    line = breaker.after(_line(row), outcomes, now)
    if line.n_refused >= 2 and row.refused_at is None:
        log.error("%s refuses our VAPID signature: bells to it are paused", row.origin)
        row.refused_at = now
    elif line.n_refused == 0:
        row.refused_at = None
    _save(row, line)
    return any(outcome is breaker.Outcome.REFUSED for outcome, _ in outcomes)


def alarms():
    """The push services that do not take our signature now."""
    return PushOrigin.objects.exclude(refused_at=None)


def _line(row):
    return breaker.Line(**{name: getattr(row, name) for name in FIELDS})


def _save(row, line):
    for name, value in asdict(line).items():
        setattr(row, name, value)
    row.save(update_fields=[*FIELDS, "refused_at"])
