"""The rate limits of the push services, shared by all workers: rows changed by the circuit breaker."""

import logging
from dataclasses import asdict, fields

from django.conf import settings
from django.db import transaction

from apps.core import clock
from apps.push import circuit_breaker
from apps.push.models import PushOrigin, PushSubscription

CIRCUIT_FIELDS = [field.name for field in fields(circuit_breaker.Circuit)]
log = logging.getLogger(__name__)


def take_tokens(origin_id, wanted):
    """(how many messages may be sent to this service now, its Circuit afterwards)."""
    with transaction.atomic():
        row = PushOrigin.objects.select_for_update().get(pk=origin_id)
        n, line = circuit_breaker.take_tokens(
            _to_circuit(row),
            wanted,
            clock.now(),
            start_rate=settings.PUSH_START_RATE,
            max_rate=settings.PUSH_MAX_RATE,
        )
        _save(row, line)
    return n, line


def record_observations(origin_id, found):
    """Apply a batch's Observations to the circuit; True if our signature was refused somewhere."""
    if not found:
        return False
    now = clock.now()
    row = PushOrigin.objects.select_for_update().get(pk=origin_id)
    was, n_devices = _to_circuit(row), _n_devices(origin_id)
    line = circuit_breaker.apply_observations(was, found, now, n_devices=n_devices)
    if line.state == circuit_breaker.CLOSED and was.state != circuit_breaker.CLOSED:
        row.refused_at = None
    elif _is_alarming(was, line, n_devices) and row.refused_at is None:
        log.error("%s refuses our VAPID signature: messages to it are paused", row.origin)
        row.refused_at = now
    _save(row, line)
    return any(each.outcome is circuit_breaker.ServiceCondition.REFUSED for each in found)


def refusing_services():
    """The push services that reject our signature now."""
    return PushOrigin.objects.exclude(refused_at=None)


def _is_alarming(was, line, n_devices):
    """A probe signed anew was refused as well, after many different devices had been."""
    return (was.state, line.state) == (
        circuit_breaker.HALF_OPEN,
        circuit_breaker.OPEN,
    ) and circuit_breaker.is_signature_refused(was, n_devices)


def _n_devices(origin_id):
    """How many live devices the service has, counted up to MANY_REFUSED."""
    live = PushSubscription.objects.live().filter(origin=origin_id).order_by()
    return live[: circuit_breaker.MIN_DEVICES_REFUSED].count()


def _to_circuit(row):
    return circuit_breaker.Circuit(**{name: getattr(row, name) for name in CIRCUIT_FIELDS})


def _save(row, line):
    for name, value in asdict(line).items():
        setattr(row, name, value)
    row.save(update_fields=[*CIRCUIT_FIELDS, "refused_at"])
