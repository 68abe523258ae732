"""Saves a batch of responses: one statement for the deliveries, one for the devices.

None of it waits for the disk: a response lost in a power cut is a message sent again, which the
device shows once.
"""

from collections import defaultdict
from datetime import timedelta

from django.db import connection
from django.db.models import Q

from apps.core import clock
from apps.push.circuit_breaker import ServiceCondition, ServiceReply
from apps.push.models import DeliveryState, DeviceState, PushSubscription
from apps.push.response_rules import DeliveryResult, extract_error_code, judge_response

UPDATE_DELIVERIES = """
UPDATE push_pushdelivery AS d
SET state = v.state, attempts = d.attempts + v.tried, next_at = v.next_at,
    http_status = v.http_status, error_code = v.error_code,
    finished_at = CASE WHEN v.state = 'pending' THEN NULL ELSE %s::timestamptz END
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::timestamptz[], %s::int[], %s::text[])
  AS v(subscription_id, state, tried, next_at, http_status, error_code)
WHERE d.broadcast_id = %s AND d.subscription_id = v.subscription_id AND d.state = 'pending'
"""

# The usual batch in one statement: accepted, the devices updated (locked in one order, by an array
# because no statistics say how many), counted, the lease prolonged.
ACCEPT_DELIVERIES = """
WITH d AS (
  UPDATE push_pushdelivery
  SET state = 'accepted', attempts = attempts + 1, http_status = %(status)s, finished_at = %(now)s
  WHERE broadcast_id = %(broadcast)s AND subscription_id = ANY(%(ids)s::uuid[]) AND state = 'pending'
  RETURNING subscription_id
), held AS MATERIALIZED (
  SELECT id FROM push_pushsubscription
  WHERE id = ANY(%(ids)s::uuid[])
    AND (accepted_at IS NULL OR accepted_at < %(long_ago)s OR n_trouble > 0)
  ORDER BY id FOR NO KEY UPDATE
), s AS (
  UPDATE push_pushsubscription SET accepted_at = %(now)s, n_trouble = 0
  WHERE id = ANY(ARRAY(SELECT id FROM held))
)
UPDATE push_broadcastchunk
SET n_accepted = n_accepted + (SELECT count(*) FROM d), lease_until = %(until)s
WHERE id = %(chunk)s AND lease_until = %(lease)s
RETURNING (SELECT state FROM push_broadcast WHERE id = %(broadcast)s),
  set_config('synchronous_commit', 'off', true)
"""

RECOUNT_CHUNK = """
UPDATE push_broadcastchunk AS c
SET n_accepted = t.accepted, n_gone = t.gone, n_failed = t.failed, n_expired = t.expired
FROM (SELECT count(*) FILTER (WHERE state = 'accepted') AS accepted,
             count(*) FILTER (WHERE state = 'gone') AS gone,
             count(*) FILTER (WHERE state = 'failed') AS failed,
             count(*) FILTER (WHERE state IN ('expired', 'cancelled')) AS expired
      FROM push_pushdelivery WHERE chunk_id = %s) AS t
WHERE c.id = %s
"""

# Counted anew and released: done, or due when the first waiting delivery is and its service may be asked.
RELEASE_CHUNK = """
UPDATE push_broadcastchunk AS c
SET n_accepted = t.accepted, n_gone = t.gone, n_failed = t.failed, n_expired = t.expired,
    lease_until = NULL, is_done = t.earliest IS NULL,
    next_at = greatest(coalesce(t.earliest, %(now)s), o.open_until)
FROM (SELECT min(next_at) FILTER (WHERE state = 'pending') AS earliest,
             count(*) FILTER (WHERE state = 'accepted') AS accepted,
             count(*) FILTER (WHERE state = 'gone') AS gone,
             count(*) FILTER (WHERE state = 'failed') AS failed,
             count(*) FILTER (WHERE state IN ('expired', 'cancelled')) AS expired
      FROM push_pushdelivery WHERE chunk_id = %(chunk)s) AS t,
     (SELECT CASE WHEN state <> 'closed' THEN open_until END AS open_until
      FROM push_pushorigin WHERE id = %(origin)s) AS o
WHERE c.id = %(chunk)s AND c.lease_until = %(lease)s
RETURNING c.is_done, set_config('synchronous_commit', 'off', true)
"""

# The devices whose rows a batch will write, locked in one order: two broadcasts may have the same.
LOCK_SUBSCRIPTIONS = """
SELECT id FROM push_pushsubscription
WHERE id = ANY(%(others)s::uuid[])
   OR id = ANY(%(accepted)s::uuid[])
      AND (accepted_at IS NULL OR accepted_at < %(long_ago)s OR n_trouble > 0)
ORDER BY id FOR NO KEY UPDATE
"""

# Counts a failure of a device.
COUNT_TROUBLE = """
UPDATE push_pushsubscription SET n_trouble = least(n_trouble + 1, 1000)
WHERE id = ANY(%s::uuid[])
RETURNING id, n_trouble
"""

DELIVERY_STATES = {
    DeliveryResult.ACCEPTED: DeliveryState.ACCEPTED,
    DeliveryResult.GONE: DeliveryState.GONE,
    DeliveryResult.KEY_CHANGED: DeliveryState.GONE,
    DeliveryResult.LATER: DeliveryState.PENDING,
    DeliveryResult.NOT_NOW: DeliveryState.PENDING,
    DeliveryResult.FAILED: DeliveryState.FAILED,
}
ACCEPTED_AT_PRECISION = timedelta(days=1)  # a device's own row is not written for every message


def write_accepted(chunk, status, answers, until):
    """Save responses that are all the same 2xx and prolong the lease to ``until``.

    Returns the broadcast's state, or None if another worker has claimed the chunk meanwhile.
    """
    now = clock.now()
    values = {
        "status": status, "now": now, "long_ago": now - ACCEPTED_AT_PRECISION, "until": until,
        "broadcast": chunk.broadcast_id, "chunk": chunk.pk, "lease": chunk.lease_until,
        "ids": [answer.id[1] for answer in answers],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(ACCEPT_DELIVERIES, values)
        found = cursor.fetchone()
    if found is None:
        return None
    chunk.lease_until = until
    return found[0]


def write_responses(chunk, given, answers):
    """Write Answers to the deliveries of ``given`` ({subscription id: row}), in a transaction.

    Returns the breaker's Evidence.
    """
    now, rows, devices, verdicts = clock.now(), [], defaultdict(list), []
    for answer in answers:
        _, subscription_id = answer.id
        was = given[subscription_id]
        found = judge_response(
            answer.status,
            attempts=was.attempts + 1,
            retry_after=answer.retry_after,
            body=answer.body,
            was=was.http_status,
            now=now,
            n_trouble=was.n_trouble,
        )
        rows.append(_row(answer, found, now))
        devices[found.meaning].append(subscription_id)
        verdicts.append((subscription_id, found))
    with connection.cursor() as cursor:
        columns = [list(column) for column in zip(*rows, strict=True)]
        cursor.execute(UPDATE_DELIVERIES, [now, *columns, chunk.broadcast_id])
    _hold_devices(devices, now)
    _write_devices(devices, now)
    return _evidence(verdicts)


def _evidence(verdicts):
    """What the verdicts say about the service; a device that failed before says nothing new."""
    troubled, times = (
        [pk for pk, found in verdicts if found.outcome is not ServiceCondition.GOOD],
        {},
    )
    if troubled:
        with connection.cursor() as cursor:
            cursor.execute(COUNT_TROUBLE, [troubled])
            times = dict(cursor.fetchall())
    return [
        ServiceReply(found.outcome, found.requested_wait_s, is_first=times.get(pk, 1) == 1)
        for pk, found in verdicts
    ]


def recount_chunk(chunk):
    """Bring the chunk's counters in line with its deliveries."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT_CHUNK, [chunk.pk, chunk.pk])


def release_lease(chunk):
    """End the lease; returns whether the chunk is done (False too if another worker has it)."""
    values = {"now": clock.now(), "chunk": chunk.pk, "origin": chunk.origin_id, "lease": chunk.lease_until}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(RELEASE_CHUNK, values)
        found = cursor.fetchone()
    return bool(found and found[0])


def _row(answer, found, now):
    return (
        answer.id[1],
        DELIVERY_STATES[found.meaning].value,
        0 if found.meaning is DeliveryResult.NOT_NOW else 1,
        now + timedelta(seconds=found.wait_s),
        answer.status,
        extract_error_code(answer.body, answer.hint),
    )


def _hold_devices(devices, now):
    others = [
        pk
        for meaning, ids in devices.items()
        if meaning is not DeliveryResult.ACCEPTED
        for pk in ids
    ]
    values = {
        "others": others, "accepted": devices[DeliveryResult.ACCEPTED], "long_ago": now - ACCEPTED_AT_PRECISION,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(LOCK_SUBSCRIPTIONS, values)


def _write_devices(devices, now):
    live = PushSubscription.objects.live()
    if devices[DeliveryResult.ACCEPTED]:
        long_ago = (
            Q(accepted_at=None)
            | Q(accepted_at__lt=now - ACCEPTED_AT_PRECISION)
            | Q(n_trouble__gt=0)
        )
        accepted = live.filter(long_ago, pk__in=devices[DeliveryResult.ACCEPTED])
        accepted.update(accepted_at=now, n_trouble=0)
    for meaning, state in (
        (DeliveryResult.GONE, DeviceState.GONE),
        (DeliveryResult.KEY_CHANGED, DeviceState.KEY_CHANGED),
    ):
        if devices[meaning]:
            live.filter(pk__in=devices[meaning]).update(state=state, disabled_at=now)
