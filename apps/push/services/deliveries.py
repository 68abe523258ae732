"""Delivers a chunk: claims it under a lease, gives its messages to the sender, saves the responses.

Sent at least once, seen once: what was sent but not saved when a worker dies is sent again, and
Topic and tag make it one notification on the device.
"""

import logging
import time
from collections import deque
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Sum

from apps.core import clock, statistics
from apps.people.models import Guardianship
from apps.push import circuit_breaker, transport, webpush
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeliveryState,
)
from apps.push.services import chunks, quiet_hours
from apps.push.services.delivery_results import (
    recount_chunk,
    release_lease,
    write_accepted,
    write_responses,
)
from apps.push.services.rate_limits import record_observations, take_tokens
from apps.push.services.receipts import receipt_token

LEASE = timedelta(seconds=75)  # longer than a chunk may take
CHUNK_SECONDS = 30
TOKEN_WAIT_S = 0.02  # how long a queue without tokens waits before it asks for more
MAX_LOST_LEASES = 5
DUE_COLUMNS = (
    "subscription_id", "subscription__endpoint", "subscription__p256dh", "subscription__auth",
    "attempts", "http_status", "subscription__n_trouble",
)  # fmt: skip

# Found, skipped where another worker has it locked, and leased in one statement.
LEASE_NEXT_CHUNK = """
UPDATE push_broadcastchunk
SET n_lost = n_lost + (lease_until IS NOT NULL)::int, lease_until = %(until)s
WHERE id = (
  SELECT c.id
  FROM push_broadcastchunk c
  JOIN push_broadcast b ON b.id = c.broadcast_id
  JOIN push_pushorigin o ON o.id = c.origin_id
  WHERE NOT c.is_done AND c.next_at <= %(now)s AND b.state = 'running'
    AND (c.lease_until IS NULL OR c.lease_until <= %(now)s)
    AND NOT (o.state = 'open' AND coalesce(o.open_until > %(now)s, false))
  ORDER BY b.is_urgent DESC, c.next_at
  LIMIT 1 FOR UPDATE OF c SKIP LOCKED
)
RETURNING id, set_config('synchronous_commit', 'off', true)
"""

DELIVERY_COLUMNS = "push_pushdelivery (broadcast_id, subscription_id, chunk_id, state)"
log = logging.getLogger(__name__)


def claim_chunk():
    """The next due chunk, leased to the caller, or None."""
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(LEASE_NEXT_CHUNK, {"now": now, "until": now + LEASE})
        found = cursor.fetchone()
    chunks = BroadcastChunk.objects.select_related("broadcast", "origin")
    return chunks.get(pk=found[0]) if found else None


def prepare_chunk():
    """Claim the next due chunk and read what is due in it: a DeliveryQueue, or None if nothing is
    due.
    """
    chunk = claim_chunk()
    if chunk is None:
        return None
    rows = None
    if chunk.inserted_at is None:
        rows = chunks.insert_deliveries(chunk)
    else:
        _end_what_is_gone(chunk)
    has_changed = _end_what_is_over(chunk) or quiet_hours.postpone_quiet_deliveries(chunk)
    if rows is None or has_changed:
        rows = _due(chunk)
    return DeliveryQueue(chunk, rows, _encoder())


def release_chunk(chunk):
    """End the lease of a chunk: done, or due when the first of its waiting deliveries is."""
    if release_lease(chunk):
        finish_broadcast(chunk.broadcast_id)


def finish_broadcast(broadcast_id):
    """Mark a Broadcast whose chunks are all done."""
    at_work = BroadcastChunk.objects.filter(broadcast=broadcast_id, is_done=False)
    running = Broadcast.objects.filter(pk=broadcast_id, state=BroadcastState.RUNNING)
    ended = running.filter(~Exists(at_work))
    if ended.update(state=BroadcastState.FINISHED, finished_at=clock.now()):
        n_sent = BroadcastChunk.objects.filter(broadcast=broadcast_id).aggregate(n=Sum("n"))["n"]
        statistics.analyse_after(n_sent or 0, DELIVERY_COLUMNS)


class DeliveryQueue:
    """The messages of a chunk, given as its push service's rate limit allows.

    It ends when all are given, the broadcast is stopped, the service's circuit opens or time is up;
    what it did not give stays waiting. Ids are (this queue, subscription id).
    """

    def __init__(self, chunk, rows, encoder):
        self.chunk, self.encoder = chunk, encoder
        self.waiting = deque(
            sorted(rows, key=lambda row: row.n_trouble)
        )  # devices without failures first
        self.given = {}
        self.n_answered = 0
        self.has_ended = self.is_stopped = self.is_closed = False
        self.tokens, self.line = take_tokens(chunk.origin_id, len(rows)) if rows else (0, None)
        self.ends_at = time.monotonic() + CHUNK_SECONDS
        self.ttl_s = int((chunk.broadcast.expires_at - clock.now()).total_seconds())

    def __iter__(self):
        while self.waiting and not self.is_stopped and time.monotonic() < self.ends_at:
            if self.tokens:
                self.tokens -= 1
                yield self._give(self.waiting.popleft())
            elif self.line.state != circuit_breaker.CLOSED:
                break
            else:
                yield from self._pause()
                self.tokens, self.line = take_tokens(self.chunk.origin_id, len(self.waiting))
        self.has_ended = True

    @property
    def is_complete(self):
        """Whether everything given has been answered and nothing more will be given."""
        return self.has_ended and self.n_answered == len(self.given)

    def _pause(self):
        ask_at = time.monotonic() + TOKEN_WAIT_S
        yield None
        while time.monotonic() < ask_at:
            yield None

    def _give(self, row):
        self.given[row.subscription_id] = row
        message = _build_message(self, row)
        try:
            return self.encoder.encode(message)
        except webpush.InvalidSubscription:
            return transport.PushResponse(message.id, 400, body='{"reason": "refused_by_us"}')


def _due(chunk):
    due = chunk.deliveries.filter(state=DeliveryState.PENDING, next_at__lte=clock.now())
    return [chunks.DueDelivery(*row) for row in due.values_list(*DUE_COLUMNS)]


def _end_what_is_gone(chunk):
    """End deliveries to devices unsubscribed, and guardians separated from their child, since the
    rows were written.
    """
    pending = chunk.deliveries.filter(state=DeliveryState.PENDING)
    _end(chunk, pending.exclude(subscription__disabled_at=None))
    kept_out = Guardianship.objects.kept_out().values("guardian__user")
    to_cancel = pending.filter(subscription__user__in=kept_out)
    if chunk.broadcast.audience is not None and to_cancel.exists():
        still = chunks.target_subscriptions(chunk.broadcast).values("pk")
        _end(chunk, to_cancel.exclude(subscription__in=still))


def _end(chunk, gone):
    """End these deliveries by id: a join of the table with itself would be quadratic."""
    ids = list(gone.values_list("subscription_id", flat=True))
    if ids:
        ended = chunk.deliveries.filter(subscription__in=ids, state=DeliveryState.PENDING)
        ended.update(state=DeliveryState.GONE, finished_at=clock.now())


def _end_what_is_over(chunk):
    """End deliveries whose time is over, and a chunk whose workers keep dying.

    Returns whether any ended.
    """
    now = clock.now()
    pending = chunk.deliveries.filter(state=DeliveryState.PENDING)
    if chunk.broadcast.expires_at <= now:
        return bool(pending.update(state=DeliveryState.EXPIRED, finished_at=now))
    if chunk.n_lost >= MAX_LOST_LEASES:
        log.error("chunk %s lost %s workers and is given up", chunk.pk, chunk.n_lost)
        return bool(pending.update(state=DeliveryState.FAILED, error_code="lost", finished_at=now))
    return False


def save_responses(feed, batch):
    """Save a batch of a queue's responses, prolong its lease, and check whether it goes on."""
    if {answer.status for answer in batch} == {201} and circuit_breaker.is_closed(feed.line):
        state = write_accepted(feed.chunk, 201, batch, clock.now() + LEASE)
        goes_on = state == BroadcastState.RUNNING
    else:
        goes_on = _save_responses_one_by_one(feed, batch)
    feed.is_stopped = feed.is_stopped or not goes_on


@transaction.atomic
def _save_responses_one_by_one(feed, batch):
    """Save responses that differ, or that say something about their service; whether it goes on."""
    chunk = feed.chunk
    outcomes = write_responses(chunk, feed.given, batch)
    if record_observations(chunk.origin_id, outcomes):
        feed.encoder.vapid.forget(chunk.origin.origin)
    recount_chunk(chunk)
    return _keep_lease(chunk) and _is_running(chunk)


def _keep_lease(chunk):
    """Prolong the lease; False if another worker has claimed the chunk meanwhile."""
    until = clock.now() + LEASE
    own_chunk = BroadcastChunk.objects.filter(pk=chunk.pk, lease_until=chunk.lease_until)
    if not own_chunk.update(lease_until=until):
        return False
    chunk.lease_until = until
    return True


def _is_running(chunk):
    return Broadcast.objects.filter(pk=chunk.broadcast_id, state=BroadcastState.RUNNING).exists()


def _build_message(feed, row):
    broadcast = feed.chunk.broadcast
    return webpush.PushMessage(
        id=(feed, row.subscription_id),
        endpoint=row.endpoint,
        p256dh=row.p256dh,
        auth=row.auth,
        topic=broadcast.topic,
        path=broadcast.path,
        ttl_s=feed.ttl_s,
        words=webpush.TRIAL_WORDS if broadcast.device_id else webpush.MESSAGE_WORDS,
        ack=receipt_token(broadcast.pk, row.subscription_id),
        is_urgent=broadcast.is_urgent,
        is_short=row.http_status == 413,
        is_isolated=row.n_trouble > 0,
    )


_encoders = {}


def _encoder():
    """The PushEncoder of the current settings, kept with its signed tokens."""
    keys = (settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY, settings.VAPID_SUBJECT)
    if keys not in _encoders:
        _encoders[keys] = webpush.PushEncoder(*keys)
    return _encoders[keys]
