"""One chunk's way: taken under a lease, its devices given to the sender, its answers written down.

At least once, seen once: what was sent and not yet written down when a worker dies is sent
again, and Topic and tag make it one bell on the device.
"""

import logging
from collections import deque
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from apps.push import breaker, planning, rest, transport, webpush
from apps.push.acks import token_of
from apps.push.lines import note_outcomes, rests_until, take_tokens
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeliveryState,
    PushDelivery,
)
from apps.push.settling import recount, write_accepted, write_answers

LEASE = timedelta(seconds=75)  # longer than a chunk may take
CHUNK_TIME = timedelta(seconds=30)
MAX_LOST = 5
COLUMNS = (
    "subscription_id", "attempts", "http_status",
    "subscription__endpoint", "subscription__p256dh", "subscription__auth",
)  # fmt: skip

log = logging.getLogger(__name__)


def claim():
    """The next due chunk, leased to the caller, or None."""
    now = timezone.now()
    with transaction.atomic():
        chunk = _next_due(now)
        if chunk is None:
            return None
        chunk.n_lost += chunk.lease_until is not None
        chunk.lease_until = now + LEASE
        chunk.save(update_fields=["n_lost", "lease_until"])
    return chunk


def prepare():
    """Claim the next due chunk and read what is due in it: a Feed, or None if nothing is due."""
    chunk = claim()
    if chunk is None:
        return None
    if chunk.inserted_at is None:
        with transaction.atomic():
            planning.insert_deliveries(chunk)
    else:
        _end_what_is_gone(chunk)
    _end_what_is_over(chunk)
    rest.put_off(chunk)
    return Feed(chunk, _due(chunk), _encoder())


def release(chunk):
    """Give a chunk back: done, or due when the first of its waiting deliveries is."""
    waiting = chunk.deliveries.filter(state=DeliveryState.PENDING)
    earliest = waiting.aggregate(at=Min("next_at"))["at"]
    recount(chunk)
    BroadcastChunk.objects.filter(pk=chunk.pk, lease_until=chunk.lease_until).update(
        lease_until=None,
        is_done=earliest is None,
        next_at=max(earliest or timezone.now(), rests_until(chunk.origin_id)),
    )
    if earliest is None:
        finish(chunk.broadcast_id)


def finish(broadcast_id):
    """Mark a Broadcast whose chunks are all done."""
    if not BroadcastChunk.objects.filter(broadcast=broadcast_id, is_done=False).exists():
        Broadcast.objects.filter(pk=broadcast_id, state=BroadcastState.RUNNING).update(
            state=BroadcastState.FINISHED, finished_at=timezone.now()
        )


class Feed:
    """The bells of a chunk as its push service may have them: none, while there are no tokens.

    It ends when all are given, the broadcast is stopped, the service rests or time is up; what
    it did not give stays waiting. Ids are (this Feed, subscription id).
    """

    def __init__(self, chunk, rows, encoder):
        self.chunk, self.encoder = chunk, encoder
        self.waiting = deque(rows)
        self.given = {}
        self.n_answered = 0
        self.has_ended = self.is_stopped = False
        self.tokens, self.line = take_tokens(chunk.origin_id, len(rows)) if rows else (0, None)
        now = timezone.now()
        self.ends_at = now + CHUNK_TIME
        self.ttl_s = int((chunk.broadcast.expires_at - now).total_seconds())

    def __iter__(self):
        while self.waiting and not self.is_stopped and timezone.now() < self.ends_at:
            if self.tokens:
                self.tokens -= 1
                yield self._give(self.waiting.popleft())
            elif self.line.state != breaker.CLOSED:
                break
            else:
                yield None
                self.tokens, self.line = take_tokens(self.chunk.origin_id, len(self.waiting))
        self.has_ended = True

    @property
    def is_complete(self):
        """Whether everything given has been answered and nothing more will be given."""
        return self.has_ended and self.n_answered == len(self.given)

    def _give(self, row):
        self.given[row.subscription_id] = row
        bell = _bell(self, row)
        try:
            return self.encoder.encode(bell)
        except webpush.Refused:
            return transport.Answer(bell.id, 400, body='{"reason": "refused_by_us"}')


def _next_due(now):
    due = BroadcastChunk.objects.filter(
        is_done=False, next_at__lte=now, broadcast__state=BroadcastState.RUNNING
    )
    due = due.exclude(lease_until__gt=now)
    due = due.exclude(origin__open_until__gt=now, origin__state=breaker.OPEN)
    return (
        due.select_related("broadcast")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("-broadcast__is_urgent", "next_at")
        .first()
    )


def _due(chunk):
    return list(
        PushDelivery.objects.filter(
            chunk=chunk, state=DeliveryState.PENDING, next_at__lte=timezone.now()
        ).values_list(*COLUMNS, named=True)
    )


def _end_what_is_gone(chunk):
    """Devices that were switched off since the rows were written."""
    gone = chunk.deliveries.exclude(subscription__disabled_at=None)
    gone.filter(state=DeliveryState.PENDING).update(
        state=DeliveryState.GONE, finished_at=timezone.now()
    )


def _end_what_is_over(chunk):
    """After the last moment nobody needs the bell; a chunk that kills its workers ends, too."""
    now = timezone.now()
    pending = chunk.deliveries.filter(state=DeliveryState.PENDING)
    if chunk.broadcast.expires_at <= now:
        pending.update(state=DeliveryState.EXPIRED, finished_at=now)
    elif chunk.n_lost >= MAX_LOST:
        log.error("chunk %s lost %s workers and is given up", chunk.pk, chunk.n_lost)
        pending.update(state=DeliveryState.FAILED, error_code="lost", finished_at=now)


def settle(feed, batch):
    """Write a batch of a Feed's answers down, prolong its lease, and look whether it goes on."""
    chunk = feed.chunk
    with transaction.atomic():
        _need_not_wait_for_the_disk()
        if {answer.status for answer in batch} == {201} and breaker.is_calm(feed.line):
            state = write_accepted(chunk, 201, batch, timezone.now() + LEASE)
            goes_on = state == BroadcastState.RUNNING
        else:
            outcomes = write_answers(chunk, feed.given, batch)
            if note_outcomes(chunk.origin_id, outcomes):
                feed.encoder.vapid.forget(chunk.origin.origin)
            recount(chunk)
            goes_on = _keep_lease(chunk) and _is_running(chunk)
    feed.is_stopped = feed.is_stopped or not goes_on


def _need_not_wait_for_the_disk():
    """An answer lost in a power cut is a bell sent again, which the device shows once."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _keep_lease(chunk):
    """Prolong the lease; False if another worker has taken the chunk meanwhile."""
    until = timezone.now() + LEASE
    kept = BroadcastChunk.objects.filter(pk=chunk.pk, lease_until=chunk.lease_until)
    if not kept.update(lease_until=until):
        return False
    chunk.lease_until = until
    return True


def _is_running(chunk):
    return Broadcast.objects.filter(pk=chunk.broadcast_id, state=BroadcastState.RUNNING).exists()


def _bell(feed, row):
    broadcast = feed.chunk.broadcast
    return webpush.Bell(
        id=(feed, row.subscription_id),
        endpoint=row.subscription__endpoint,
        p256dh=row.subscription__p256dh,
        auth=row.subscription__auth,
        topic=broadcast.topic,
        path=broadcast.path,
        ttl_s=feed.ttl_s,
        words=webpush.TRIAL if broadcast.device_id else webpush.WORDS,
        ack=token_of(broadcast.pk, row.subscription_id),
        is_urgent=broadcast.is_urgent,
        is_short=row.http_status == 413,
    )


_encoders = {}


def _encoder():
    """The Encoder of today's settings, kept with its signed tokens."""
    keys = (settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY, settings.VAPID_SUBJECT)
    if keys not in _encoders:
        _encoders[keys] = webpush.Encoder(*keys)
    return _encoders[keys]
