"""Plans a broadcast: chunks of ~500 devices, then one delivery a device, each in one statement."""

from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from apps.core import clock
from apps.push import audience
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeviceState,
    PushSubscription,
)
from apps.push.webpush import vapid_key_id

CHUNK_SIZE = 500

INSERT_CHUNKS = """
INSERT INTO push_broadcastchunk
  (id, broadcast_id, round, origin_id, lo, hi, n, is_done, next_at, n_lost,
   n_accepted, n_gone, n_failed, n_expired)
SELECT gen_random_uuid(), %s, %s, origin_id, (array_agg(id ORDER BY id))[1],
       (array_agg(id ORDER BY id DESC))[1], count(*), false, %s, 0, 0, 0, 0, 0
FROM (SELECT id, origin_id,
             (row_number() OVER (PARTITION BY origin_id ORDER BY id) - 1) / %s AS part
      FROM ({targets}) AS target) AS numbered
GROUP BY origin_id, part
ON CONFLICT DO NOTHING
"""

# Written, counted and read again in one statement: what is due in a new chunk is all of it.
# "IS TRUE" makes it a hash: a join of what the planner cannot count becomes 500 × 500 steps.
INSERT_DELIVERIES = """
WITH target AS MATERIALIZED ({targets}),
inserted AS (
  INSERT INTO push_pushdelivery
    (broadcast_id, subscription_id, chunk_id, state, attempts, next_at, error_code)
  SELECT %s, id, %s, 'pending', 0, %s, '' FROM target
  ON CONFLICT (broadcast_id, subscription_id) DO NOTHING
  RETURNING subscription_id
),
counted AS (
  UPDATE push_broadcastchunk SET n = (SELECT count(*) FROM inserted), inserted_at = %s WHERE id = %s
)
SELECT id, endpoint, p256dh, auth, 0, NULL::int, n_trouble
FROM target WHERE (id IN (SELECT subscription_id FROM inserted)) IS TRUE
"""


@transaction.atomic
def plan_next_broadcast():
    """Turn one waiting Broadcast into chunks; how many, or None if none waits."""
    broadcast = (
        Broadcast.objects.planning()
        .order_by("-is_urgent", "created_at")
        .select_for_update(skip_locked=True)
        .first()
    )
    if broadcast is None:
        return None
    _set_aside_foreign_keys()
    n = _insert_chunks(broadcast)
    n_people, n_able = _count(broadcast)
    broadcast.n_people, broadcast.n_able = n_people, n_able
    broadcast.state = BroadcastState.RUNNING if n else BroadcastState.FINISHED
    broadcast.finished_at = None if n else clock.now()
    broadcast.save(update_fields=["n_people", "n_able", "state", "finished_at"])
    return n


class DueDelivery(NamedTuple):
    """A delivery that is due, with its device's endpoint and keys."""

    subscription_id: object
    endpoint: str
    p256dh: str
    auth: str
    attempts: int
    http_status: int | None
    n_trouble: int

    def __repr__(self):
        return f"Row({self.subscription_id})"


def insert_deliveries(chunk):
    """One row a device of this chunk, once; people added since are met by a later round.

    Returns them as Rows.
    """
    found = target_subscriptions(chunk.broadcast).filter(
        origin=chunk.origin_id, pk__gte=chunk.lo, pk__lte=chunk.hi
    )
    sql, params = found.values(
        "id", "endpoint", "p256dh", "auth", "n_trouble"
    ).query.sql_with_params()
    chunk.inserted_at = clock.now()
    values = [chunk.broadcast_id, chunk.pk, chunk.inserted_at, chunk.inserted_at, chunk.pk]
    with connection.cursor() as cursor:
        cursor.execute(INSERT_DELIVERIES.format(targets=sql), [*params, *values])
        return [DueDelivery(*row) for row in cursor]


def target_subscriptions(broadcast):
    """The live devices a Broadcast is for."""
    live = PushSubscription.objects.live().order_by()
    if broadcast.device_id:
        return live.filter(pk=broadcast.device_id)
    return live.filter(_people(broadcast))


def _people(broadcast):
    if broadcast.audience is not None:
        return audience.audience_subscriptions(broadcast.audience)
    return Q(user__in=broadcast.user_ids)


def _insert_chunks(broadcast):
    sql, params = target_subscriptions(broadcast).values("id", "origin_id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            INSERT_CHUNKS.format(targets=sql),
            [broadcast.pk, broadcast.round, clock.now(), CHUNK_SIZE, *params],
        )
    return BroadcastChunk.objects.filter(broadcast=broadcast, is_done=False).count()


def _count(broadcast):
    n_able = target_subscriptions(broadcast).values("user").distinct().count()
    if broadcast.audience is not None:
        return audience.count_audience(broadcast.audience), n_able
    return (1 if broadcast.device_id else len(set(broadcast.user_ids))), n_able


def _set_aside_foreign_keys():
    """Skip devices bound under another VAPID key: they bind anew at their next visit."""
    current = vapid_key_id(settings.VAPID_PUBLIC_KEY)
    PushSubscription.objects.live().exclude(vapid_key=current).update(
        state=DeviceState.KEY_CHANGED, disabled_at=clock.now()
    )
