"""Push subscriptions: which device gets whose messages, also where a tablet is shared."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from apps.core import clock
from apps.core.limits import allow
from apps.core.municipality_scope import across_municipalities
from apps.people.models import Guardianship, Student, User
from apps.push import webpush
from apps.push.models import DeviceState, PushOrigin, PushSubscription

MAX_DEVICES = 20
WANTED_STATES = (
    DeviceState.LIVE, DeviceState.SIGNED_OUT, DeviceState.KEY_CHANGED, DeviceState.GONE,
)  # fmt: skip
CANNOT_REGISTER = "この 端末の 通知は 登録できませんでした。"


class CannotSubscribe(Exception):
    """This device cannot be subscribed; the message is a sentence for the person."""


@across_municipalities
@transaction.atomic
def subscribe(user, endpoint, p256dh, auth, device="", *, vapid_key=None, is_resync=False):
    """Bind a device to this person; an endpoint that had another owner is theirs from now on.

    The keys must be those the endpoint was bound with: who only knows an endpoint cannot take it
    over. A binding begins anew with each person and after each end. ``vapid_key`` is the key the browser subscribed with, if it said so; ``is_resync`` marks
    what a page does by itself, which never undoes the person's own "stop". Raises CannotSubscribe,
    also for an endpoint or keys no push service of ours would have given.
    """
    if vapid_key not in (None, settings.VAPID_PUBLIC_KEY) or not allow(
        "push.subscribe", str(user.pk)
    ):
        raise CannotSubscribe(CANNOT_REGISTER)
    _check(endpoint, p256dh, auth)
    digest = _digest(endpoint)
    kept = PushSubscription.objects.select_for_update().filter(endpoint_sha256=digest).first()
    if kept is not None and (kept.p256dh, kept.auth) != (p256dh, auth):
        raise CannotSubscribe(CANNOT_REGISTER)
    if kept is not None and is_resync and _has_left(kept, user):
        raise CannotSubscribe(CANNOT_REGISTER)
    municipality_id, school_id = _place_of(user)
    is_same = kept is not None and kept.user_id == user.pk and kept.disabled_at is None
    bound = PushSubscription.objects.update_or_create(
        endpoint_sha256=digest,
        defaults={
            "user": user,
            "municipality_id": municipality_id,
            "school_id": school_id,
            "origin": _origin(endpoint),
            "endpoint": endpoint,
            "p256dh": p256dh,
            "auth": auth,
            "vapid_key": webpush.vapid_key_id(settings.VAPID_PUBLIC_KEY),
            "device": device[:80],
            "seen_at": clock.now(),
            "bound_at": kept.bound_at if is_same else clock.now(),
            "state": DeviceState.LIVE,
            "disabled_at": None,
        },
    )[0]
    _keep_to_the_limit(user)
    return bound


@across_municipalities
def unsubscribe(user, endpoint=None, *, pk=None):
    """Stop sending to this person's device (by endpoint or id); True if there was one."""
    own_devices = _live_devices(user)
    own_devices = (
        own_devices.filter(pk=pk)
        if pk
        else own_devices.filter(endpoint_sha256=_digest(endpoint or ""))
    )
    return _end(own_devices, DeviceState.LEFT)


@across_municipalities
def sign_out_device(user, device_id):
    """Stop sending to the device that was signed out on, until it is bound again."""
    return _end(_live_devices(user).filter(pk=device_id), DeviceState.SIGNED_OUT)


@across_municipalities
def end_bindings(*user_ids: UUID) -> int:
    """Send to none of these people's devices until they are bound anew; how many there were."""
    return (
        PushSubscription.objects.live()
        .filter(user__in=user_ids)
        .update(state=DeviceState.SIGNED_OUT, disabled_at=clock.now())
    )


def binding_secret(bound: PushSubscription, key: str | None = None) -> str:
    """The secret that proves this binding, of this person and moment; only the device gets it.

    Endpoint and keys belong to the browser: whoever used it before knows them. ``key`` is a former
    SECRET_KEY, under which it was made.
    """
    text = f"{bound.pk} {bound.user_id} {bound.bound_at.astimezone(UTC).isoformat()}"
    return salted_hmac("push.binding", text, secret=key, algorithm="sha256").hexdigest()


@across_municipalities
@transaction.atomic
def end_binding(endpoint: str, auth: str, secret: str) -> bool:
    """Stop sending to a device that proves its binding; whether it was live.

    It needs no session: leaving may come long after it ended. Whoever bound the device since then
    keeps it, for their secret is another.
    """
    found = _proved(endpoint, auth, secret)
    if found is None:
        return False
    return _end(PushSubscription.objects.live().filter(pk=found.pk), DeviceState.SIGNED_OUT)


@across_municipalities
@transaction.atomic
def renew_binding(
    old_endpoint: str, old_auth: str, secret: str, endpoint: str, p256dh: str, auth: str
) -> bool:
    """Put a browser's new subscription in place of the old one, whose binding is proved.

    Only for a live device and for the person it was bound for; an endpoint that is bound already is
    not changed. Returns whether it was renewed; raises CannotSubscribe for an unknown push service.
    """
    _check(endpoint, p256dh, auth)
    found = _proved(old_endpoint, old_auth, secret)
    conflicting = PushSubscription.objects.filter(endpoint_sha256=_digest(endpoint))
    if found is None or conflicting.exists():
        return False
    found.endpoint, found.endpoint_sha256 = endpoint, _digest(endpoint)
    found.p256dh, found.auth, found.origin = p256dh, auth, _origin(endpoint)
    found.vapid_key = webpush.vapid_key_id(settings.VAPID_PUBLIC_KEY)
    found.seen_at, found.n_trouble = clock.now(), 0
    found.save()
    return True


@across_municipalities
def has_binding_ended(endpoint: str, auth: str, secret: str) -> bool:
    """Whether the binding that a device proves has ended at the portal, by whoever ended it."""
    ended = PushSubscription.objects.exclude(disabled_at=None)
    return _proved(endpoint, auth, secret, ended) is not None


@across_municipalities
def devices_of(user: User) -> list[PushSubscription]:
    """The person's live devices, newest first."""
    return list(_live_devices(user))


@across_municipalities
def known_devices_of(user: User) -> list[PushSubscription]:
    """The person's devices, newest first, those that get nothing any more too."""
    return list(PushSubscription.objects.filter(user=user.pk).order_by("-created_at", "-pk"))


@across_municipalities
def owners_of_devices(user_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who have a live device."""
    live = PushSubscription.objects.live().filter(user__in=list(user_ids))
    return set(live.values_list("user_id", flat=True))


@across_municipalities
def wants_push(user):
    """Whether this person last chose to get push messages: a device may then be bound without
    asking.
    """
    last = PushSubscription.objects.filter(user=user.pk).order_by("-seen_at").first()
    return last is not None and last.state in WANTED_STATES


def _live_devices(user):
    return PushSubscription.objects.live().filter(user=user.pk).order_by("-created_at")


def _check(endpoint, p256dh, auth):
    try:
        webpush.check_endpoint(endpoint)
        webpush.check_keys(p256dh, auth)
    except webpush.InvalidSubscription as error:
        raise CannotSubscribe(CANNOT_REGISTER) from error


def _proved(endpoint, auth, secret, among=None):
    """The subscription (``among``: else a live one, locked) whose endpoint, key and secret these are.

    None without one.
    """
    if among is None:
        among = PushSubscription.objects.live().select_for_update()
    found = among.filter(endpoint_sha256=_digest(endpoint)).first()
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_proved = (
        found is not None
        and _is_same(found.auth.rstrip("="), auth.rstrip("="))
        and any(_is_same(binding_secret(found, key), secret) for key in keys)
    )
    return found if is_proved else None


def _is_same(kept, given):
    return hmac.compare_digest(kept.encode(), given.encode("utf-8", "replace"))


def _has_left(kept, user):
    return kept.user_id == user.pk and kept.state == DeviceState.LEFT


def _end(found, state):
    return bool(found.update(state=state, disabled_at=clock.now()))


def _keep_to_the_limit(user):
    kept = (
        _live_devices(user).order_by("-seen_at", "-pk").values_list("pk", flat=True)[MAX_DEVICES:]
    )
    _end(PushSubscription.objects.live().filter(pk__in=list(kept)), DeviceState.TOO_MANY)


def _origin(endpoint):
    return PushOrigin.objects.get_or_create(origin=webpush.endpoint_origin(endpoint))[0]


def _place_of(user):
    """(municipality id, school id) of a person; a guardian's school is a child's."""
    student = Student.objects.filter(user=user).values_list("municipality", "school").first()
    if student:
        return student
    children = Guardianship.objects.current().filter(guardian__user=user).order_by("began_at")
    child = children.values_list("guardian__municipality", "student__school").first()
    return child or (None, None)


def _digest(endpoint):
    return hashlib.sha256(endpoint.encode("utf-8", "replace")).digest()
