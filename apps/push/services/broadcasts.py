"""Broadcasts: requested as rows, delivered when due, paused, resumed and cancelled."""

import time
import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Min, Sum
from django.urls import reverse

from apps.core import clock, sweeps
from apps.core.clock import wake_worker
from apps.core.limits import allow
from apps.core.municipality_scope import across_municipalities
from apps.people.services.recorded_changes import record_change
from apps.push.models import (
    Broadcast,
    BroadcastChunk,
    BroadcastState,
    DeliveryState,
    PushDelivery,
)
from apps.push.services import chunks, receipts
from apps.push.services.delivery_run import DeliveryRun
from apps.push.services.rate_limits import refusing_services
from apps.push.services.subscriptions import (  # the app's services in one module
    CannotSubscribe,
    devices_of,
    end_bindings,
    owners_of_devices,
    sign_out_device,
    subscribe,
    unsubscribe,
    wants_push,
)

__all__ = [
    "CannotSendPush", "CannotSubscribe", "refusing_services", "cancel", "deliver_due", "devices_of", "delete_quiet_hours", "end_bindings", "delete_old_broadcasts",
    "record_receipt", "owners_of_devices", "pause", "broadcast_progress", "progress_url", "device_counts", "resume", "send_to_users", "send_to_audience", "save_quiet_hours", "sign_out_device", "subscribe",
    "send_trial", "trial_state", "unsubscribe", "wants_push",
]  # fmt: skip

WORK_SECONDS = 30  # the longest a task runs; the next one goes on
MAX_EXTRA_WORKERS = 3  # how many more workers are started for a large broadcast
NEGLIGIBLE_WAIT = timedelta(minutes=1)
TRIAL_LIFETIME = timedelta(minutes=5)
TRIAL_RESPONSE_LIMIT = timedelta(
    minutes=1
)  # a device that showed a message reports it within seconds
DELETE_BATCH_SIZE = 20_000
DELETE_SECONDS = 20.0
BROADCASTS_AT_ONCE = 500
# Deletes some deliveries of broadcasts that ended before a moment; found by ctid, not by key.
DELETE_OLD_DELIVERIES = """
DELETE FROM push_pushdelivery WHERE ctid = ANY(ARRAY(
  SELECT d.ctid FROM push_pushdelivery d JOIN push_broadcast b ON b.id = d.broadcast_id
  WHERE b.finished_at < %s LIMIT %s FOR UPDATE OF d SKIP LOCKED))
"""
TRIAL_EXPIRED_STATES = (DeliveryState.EXPIRED, DeliveryState.CANCELLED)
BROADCASTS_KEPT = timedelta(days=90)
DEVICE_SESSION_KEY = "push.device"  # the device this session bound; signing out unbinds it
DEVICE_NOT_FOUND = "この ｜端末《たんまつ》は、もう ｜受《う》け｜取《と》って いません。"


class CannotSendPush(Exception):
    """It cannot be sent now; the message is a sentence for the person."""


# -- requesting ---------------------------------------------------------------------------------


def send_to_users(user_ids, *, topic, path, expires_at, municipality_id=None, is_urgent=False):
    """Request one push message for each live device of these people, in the caller's transaction.

    ``topic`` (at most 32 characters) names the occasion: a device gets each once, however often
    this is called; people who are new to it are added. Returns the Broadcast, or None for nobody.
    """
    user_ids = sorted({uuid.UUID(str(pk)) for pk in user_ids})
    if not user_ids:
        return None
    broadcast, is_new = Broadcast.objects.get_or_create(
        topic=topic[:32],
        defaults={
            "user_ids": user_ids, "path": path, "expires_at": expires_at,
            "municipality_id": municipality_id, "is_urgent": is_urgent,
        },
    )  # fmt: skip
    if not is_new:
        _add_people(broadcast.pk, user_ids)
    wake_worker("push.deliver_due")
    return broadcast


def send_to_audience(audience, *, topic, path, expires_at, is_urgent=False):
    """Request a broadcast to a BroadcastAudience; costs the same for any number of people."""
    broadcast, _ = Broadcast.objects.get_or_create(
        topic=topic[:32],
        defaults={
            "audience": audience.as_json(), "path": path, "expires_at": expires_at,
            "municipality_id": audience.municipality_id, "is_urgent": is_urgent,
        },
    )  # fmt: skip
    wake_worker("push.deliver_due")
    return broadcast


def send_trial(user, device_id):
    """Send a trial message to one device of this person now. Raises CannotSendPush."""
    device = next((one for one in devices_of(user) if str(one.pk) == str(device_id)), None)
    if device is None:
        raise CannotSendPush(DEVICE_NOT_FOUND)
    if not allow("push.trial", str(user.pk)):
        raise CannotSendPush("｜少《すこ》し まってから、もう ｜一度《いちど》 ためして ください。")
    broadcast = Broadcast.objects.create(
        topic=uuid.uuid4().hex,
        path="/push/",
        device=device,
        municipality_id=device.municipality_id,
        expires_at=clock.now() + TRIAL_LIFETIME,
    )
    wake_worker("push.deliver_due")
    return broadcast


@across_municipalities
def trial_state(user, broadcast_id):
    """How far a trial push message of this person has come; None where there is none.

    On its way: "waiting", "sent" (the push service has it). Ended: "shown", "silent"
    (accepted, but the device did not report in time), "unsent" (too late), "failed".
    """
    broadcast = Broadcast.objects.filter(pk=broadcast_id, device__user=user).first()
    if broadcast is None:
        return None
    row = PushDelivery.objects.filter(broadcast=broadcast).first()
    if row is not None and row.acked_at:
        return "shown"
    now = clock.now()
    if row is None or row.state == DeliveryState.PENDING:
        return "unsent" if broadcast.is_stopped or broadcast.expires_at <= now else "waiting"
    if row.state == DeliveryState.ACCEPTED:
        return (
            "sent"
            if now < (row.finished_at or broadcast.created_at) + TRIAL_RESPONSE_LIMIT
            else "silent"
        )
    return "unsent" if row.state in TRIAL_EXPIRED_STATES else "failed"


@across_municipalities
def record_receipt(token):
    """Record the device's report that a message was shown; False for a token that is not ours."""
    return receipts.record_receipt(token)


# -- delivering ---------------------------------------------------------------------------------


def deliver_due():
    """Plan waiting broadcasts and send what is due, for at most WORK_S; how many responses came.

    Workers may run at the same time: broadcasts and chunks are claimed with SKIP LOCKED.
    """
    stop, n = time.monotonic() + WORK_SECONDS, 0
    _plan_all()
    while time.monotonic() < stop:
        answered = DeliveryRun(stop).go()
        n += answered
        if not answered:
            return n
    wake_worker("push.deliver_due")
    return n


def _plan_all():
    while (n_chunks := chunks.plan_next_broadcast()) is not None:
        for _ in range(min(n_chunks - 1, MAX_EXTRA_WORKERS)):
            wake_worker("push.deliver_due")


def delete_old_broadcasts() -> sweeps.SweepResult:
    """Delete broadcasts (deliveries and chunks with them) that ended long ago.

    Wakes a worker again where time was up: a broadcast to a city has a million deliveries.
    """
    before = clock.now() - BROADCASTS_KEPT
    swept = sweeps.run_sweep(
        lambda: sweeps.delete_bounded(DELETE_OLD_DELIVERIES, [before, DELETE_BATCH_SIZE])
    )
    if swept.is_done:
        old = Broadcast.objects.filter(finished_at__lt=before)
        sweeps.delete_due(old, at_once=BROADCASTS_AT_ONCE, seconds=DELETE_SECONDS)
    else:
        wake_worker("push.forget_old")
    return swept


# -- pausing and progress -----------------------------------------------------------------------


def pause(broadcast, *, by):
    """Pause a broadcast; requests under way finish, the others wait. Raises CannotSendPush."""
    _move(broadcast, (BroadcastState.PLANNING, BroadcastState.RUNNING), BroadcastState.PAUSED, by)


def resume(broadcast, *, by):
    """Go on with a paused broadcast. Raises CannotSendPush."""
    is_planned = BroadcastChunk.objects.filter(broadcast=broadcast).exists()
    to = BroadcastState.RUNNING if is_planned else BroadcastState.PLANNING
    _move(broadcast, (BroadcastState.PAUSED,), to, by)
    wake_worker("push.deliver_due")


@transaction.atomic
def cancel(broadcast, *, by):
    """Cancel what was not sent yet. Raises CannotSendPush when the broadcast has ended."""
    at_work = (BroadcastState.PLANNING, BroadcastState.RUNNING, BroadcastState.PAUSED)
    _move(broadcast, at_work, BroadcastState.CANCELLED, by)
    now = clock.now()
    Broadcast.objects.filter(pk=broadcast.pk).update(finished_at=now)
    PushDelivery.objects.filter(broadcast=broadcast, state=DeliveryState.PENDING).update(
        state=DeliveryState.CANCELLED, finished_at=now
    )


def broadcast_progress(broadcast):
    """The numbers of a Broadcast now, as a dict: what staff see while it runs."""
    broadcast.refresh_from_db()
    counted = BroadcastChunk.objects.filter(broadcast=broadcast).aggregate(
        **{
            name: Sum(name, default=0)
            for name in ("n", "n_accepted", "n_gone", "n_failed", "n_expired")
        }
    )
    n_final = sum(counted[name] for name in ("n_accepted", "n_gone", "n_failed", "n_expired"))
    n_acked = PushDelivery.objects.filter(broadcast=broadcast, acked_at__isnull=False).count()
    return {
        **counted,
        "n_final": n_final,
        "n_waiting": max(counted["n"] - n_final, 0),
        "n_acked": n_acked,
        "n_unable": broadcast.n_unable,
        "goes_on_at": _goes_on_at(broadcast),
        "share": round(100 * n_final / counted["n"]) if counted["n"] else 0,
    }


def _goes_on_at(broadcast):
    """When waiting deliveries go on, if not at once (quiet hours, a service's pause)."""
    if broadcast.state != BroadcastState.RUNNING:
        return None
    waiting = BroadcastChunk.objects.filter(broadcast=broadcast, is_done=False)
    earliest = waiting.aggregate(at=Min("next_at"))["at"]
    return earliest if earliest and earliest - clock.now() > NEGLIGIBLE_WAIT else None


def progress_url(topic):
    """The staff page of an occasion's broadcast, or "" before there is one."""
    pk = Broadcast.objects.filter(topic=topic).values_list("pk", flat=True).first()
    return reverse("admin:push_broadcast_progress", args=[pk]) if pk else ""


def device_counts(topic):
    """{"devices": n, "accepted": n} of one occasion's broadcast."""
    counted = BroadcastChunk.objects.filter(broadcast__topic=topic).aggregate(
        devices=Sum("n", default=0), accepted=Sum("n_accepted", default=0)
    )
    return counted


def _add_people(pk, user_ids):
    with transaction.atomic():
        broadcast = Broadcast.objects.select_for_update().get(pk=pk)
        new = set(user_ids) - set(broadcast.user_ids or ())
        if broadcast.user_ids is None or not new or broadcast.state == BroadcastState.CANCELLED:
            return
        broadcast.user_ids = sorted({*broadcast.user_ids, *new})
        broadcast.state, broadcast.round = BroadcastState.PLANNING, broadcast.round + 1
        broadcast.finished_at = None
        broadcast.save(update_fields=["user_ids", "state", "round", "finished_at"])


@transaction.atomic
def _move(broadcast, from_states, to, by):
    changed = Broadcast.objects.filter(pk=broadcast.pk, state__in=from_states).update(state=to)
    if not changed:
        raise CannotSendPush("この通知は、もうその状態ではありません。画面を開きなおしてください。")
    record_change(broadcast, by, ["state"])


def save_quiet_hours(hours, *, by, fields):
    """Save checked QuietHours and record which fields changed."""
    with transaction.atomic():
        hours.save()
        record_change(hours, by, fields)


def delete_quiet_hours(hours, *, by):
    """Go back to the hours of the municipality, or to 20:00–07:00."""
    with transaction.atomic():
        record_change(hours, by, ["deleted"])
        hours.delete()
