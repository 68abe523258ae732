"""Binding devices, writing bells as rows, and ringing those that are due."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from apps.core.clock import nudge
from apps.people.models import Guardian, Student
from apps.push import webpush
from apps.push.answers import Meaning, verdict
from apps.push.models import MessageState, PushMessage, PushSubscription

MAX_ATTEMPTS = 6
LEASE = timedelta(seconds=60)  # longer than a send may take: a killed worker's bells come back


class CannotSubscribe(Exception):
    """This device cannot be bound; the message is a sentence for the person."""


def subscribe(user, endpoint, p256dh, auth, device=""):
    """Bind a device to this person; an endpoint that had another owner changes hands.

    Raises CannotSubscribe for an endpoint or keys no push service of ours would have given.
    """
    try:
        webpush.check_endpoint(endpoint)
        webpush.check_keys(p256dh, auth)
    except webpush.Refused as error:
        raise CannotSubscribe("この 端末の 通知は 登録できませんでした。") from error
    values = {
        "user": user,
        "municipality_id": _municipality_of(user),
        "endpoint": endpoint,
        "p256dh": p256dh,
        "auth": auth,
        "vapid_key": webpush.vapid_key_id(settings.VAPID_PUBLIC_KEY),
        "device": device[:80],
        "disabled_at": None,
        "disabled_reason": "",
    }
    return PushSubscription.objects.update_or_create(
        endpoint_sha256=_digest(endpoint), defaults=values
    )[0]


def unsubscribe(user, endpoint=None, *, pk=None):
    """Stop ringing this person's device (by endpoint or id); True if there was one."""
    mine = PushSubscription.objects.live().filter(user=user)
    mine = mine.filter(pk=pk) if pk else mine.filter(endpoint_sha256=_digest(endpoint or ""))
    return bool(mine.update(disabled_at=timezone.now(), disabled_reason="本人が やめました"))


def devices_of(user):
    """The person's live devices, newest first."""
    return PushSubscription.objects.live().filter(user=user).order_by("-created_at")


def ring(user_ids, *, topic, path, expires_at, municipality_id=None):
    """Write one PENDING bell a live device of these people, in the caller's transaction.

    ``topic`` (at most 32 characters) names the occasion: a device hears each once. Returns the
    number of bells written.
    """
    devices = PushSubscription.objects.live().filter(user__in=list(user_ids))
    bells = PushMessage.objects.bulk_create(
        (
            PushMessage(
                municipality_id=municipality_id,
                subscription=device,
                topic=topic,
                path=path,
                expires_at=expires_at,
            )
            for device in devices
        ),
        ignore_conflicts=True,
        batch_size=1000,
    )
    nudge("push.deliver_due")
    return len(bells)


def deliver_due(limit=500):
    """Ring up to ``limit`` due bells; returns how many were tried.

    Two workers are harmless: a bell is claimed (SKIP LOCKED), its attempt counted and committed
    before anything is sent.
    """
    claimed = _claim(limit)
    if not claimed:
        return 0
    bells = {message.pk: message for message in claimed}
    for answer in webpush.send(_as_bell(message) for message in claimed):
        _settle(bells[answer.id], answer)
    return len(claimed)


def reach_of(topic):
    """{"devices": n, "accepted": n} of the bells of one occasion."""
    return PushMessage.objects.filter(topic=topic).aggregate(
        devices=Count("pk"), accepted=Count("pk", filter=Q(state=MessageState.ACCEPTED))
    )


# -- the queue ----------------------------------------------------------------------------------


@transaction.atomic
def _claim(limit):
    now = timezone.now()
    due = PushMessage.objects.due(now)
    due.filter(expires_at__lte=now).update(state=MessageState.EXPIRED, finished_at=now)
    due.filter(attempts__gte=MAX_ATTEMPTS).update(state=MessageState.FAILED, finished_at=now)
    mine = list(
        PushMessage.objects.due(now)
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("subscription")
        .order_by("next_at")[:limit]
    )
    PushMessage.objects.filter(pk__in=[message.pk for message in mine]).update(
        attempts=F("attempts") + 1, next_at=now + LEASE
    )
    return mine


def _as_bell(message):
    device = message.subscription
    return webpush.Bell(
        id=message.pk,
        endpoint=device.endpoint,
        p256dh=device.p256dh,
        auth=device.auth,
        topic=message.topic,
        path=message.path,
        ttl_s=int((message.expires_at - timezone.now()).total_seconds()),
    )


@transaction.atomic
def _settle(message, answer):
    now = timezone.now()
    found = verdict(
        answer.status, attempts=message.attempts + 1, retry_after=answer.retry_after, now=now
    )
    row = PushMessage.objects.filter(pk=message.pk, state=MessageState.PENDING)
    device = PushSubscription.objects.filter(pk=message.subscription_id)
    match found.meaning:
        case Meaning.ACCEPTED:
            row.update(state=MessageState.ACCEPTED, finished_at=now, http_status=answer.status)
            device.update(accepted_at=now)
        case Meaning.GONE:
            row.update(state=MessageState.GONE, finished_at=now, http_status=answer.status)
            device.update(disabled_at=now, disabled_reason="端末が なくなりました")
        case Meaning.LATER | Meaning.OURS:
            wait = timedelta(seconds=found.wait_s)
            row.update(next_at=now + wait, http_status=answer.status)
        case Meaning.FINAL:
            row.update(state=MessageState.FAILED, finished_at=now, http_status=answer.status)


def _municipality_of(user):
    for model in (Student, Guardian):
        found = model.objects.filter(user=user).values_list("municipality_id", flat=True).first()
        if found:
            return found
    return None


def _digest(endpoint):
    return hashlib.sha256(endpoint.encode()).digest()
