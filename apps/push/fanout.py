"""One worker's work: take a chunk under a lease, ring its devices, write down the answers.

At least once, seen once: what was sent and not yet written down when a worker dies is sent
again, and Topic and tag make it one bell on the device.
"""

import logging
from collections import deque
from datetime import timedelta
from itertools import islice

from django.conf import settings
from django.db import transaction
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
from apps.push.settling import recount, write_answers

LEASE = timedelta(seconds=75)  # longer than a chunk may take
CHUNK_TIME = timedelta(seconds=30)
AT_ONCE = 100  # tokens taken at a time
WRITTEN_AT_ONCE = 200
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


def work(chunk):
    """Ring the due deliveries of a claimed chunk; returns how many answers came."""
    if chunk.inserted_at is None:
        with transaction.atomic():
            planning.insert_deliveries(chunk)
    _end_what_is_over(chunk)
    rest.put_off(chunk)
    encoder = _encoder()
    feed = Feed(chunk, _due(chunk), encoder)
    answers, n = transport.own().send(iter(feed)), 0
    while batch := list(islice(answers, WRITTEN_AT_ONCE)):
        n += len(batch)
        _settle(chunk, feed, batch, encoder)
    release(chunk)
    return n


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
    it did not give stays waiting.
    """

    def __init__(self, chunk, rows, encoder):
        self.chunk, self.encoder = chunk, encoder
        self.waiting = deque(rows)
        self.given = {}
        self.is_stopped = False
        self.ends_at = timezone.now() + CHUNK_TIME

    def __iter__(self):
        tokens = 0
        while self.waiting and not self.is_stopped and timezone.now() < self.ends_at:
            if not tokens:
                tokens, is_open = take_tokens(self.chunk.origin_id, min(AT_ONCE, len(self.waiting)))
                if is_open:
                    return
            if not tokens:
                yield None
                continue
            tokens -= 1
            yield self._give(self.waiting.popleft())

    def _give(self, row):
        self.given[row.subscription_id] = row
        try:
            return self.encoder.encode(_bell(self.chunk.broadcast, row))
        except webpush.Refused:
            return transport.Answer(row.subscription_id, 400, body='{"reason": "refused_by_us"}')


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


def _end_what_is_over(chunk):
    """After the last moment nobody needs the bell; a chunk that kills its workers ends, too."""
    now = timezone.now()
    pending = chunk.deliveries.filter(state=DeliveryState.PENDING)
    pending.exclude(subscription__disabled_at=None).update(
        state=DeliveryState.GONE, finished_at=now
    )
    if chunk.broadcast.expires_at <= now:
        pending.update(state=DeliveryState.EXPIRED, finished_at=now)
    elif chunk.n_lost >= MAX_LOST:
        log.error("chunk %s lost %s workers and is given up", chunk.pk, chunk.n_lost)
        pending.update(state=DeliveryState.FAILED, error_code="lost", finished_at=now)


def _settle(chunk, feed, batch, encoder):
    """Write a batch down, and look whether to go on."""
    with transaction.atomic():
        outcomes = write_answers(chunk, feed.given, batch)
        if note_outcomes(chunk.origin_id, outcomes):
            encoder.vapid.forget(chunk.origin.origin)
        recount(chunk)
    feed.is_stopped = feed.is_stopped or not _keep_lease(chunk) or not _is_running(chunk)


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


def _bell(broadcast, row):
    return webpush.Bell(
        id=row.subscription_id,
        endpoint=row.subscription__endpoint,
        p256dh=row.subscription__p256dh,
        auth=row.subscription__auth,
        topic=broadcast.topic,
        path=broadcast.path,
        ttl_s=int((broadcast.expires_at - timezone.now()).total_seconds()),
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
