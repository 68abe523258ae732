"""The portal's signing keys for LTI platforms: made, published, used, retired, deleted.

A key is published for a day before it signs, so that platforms that keep the key set for hours know
it; it stays published for a day after it was retired, which is longer than anything signed is good.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from apps.core import clock, crypto
from apps.people.models import User
from apps.people.permissions import role_of
from apps.people.services.recorded_changes import record_change
from apps.signin.lti_signing import new_key, public_jwk, signed_token
from apps.signin.models import LtiKey, LtiKeyState, LtiPlatform
from apps.vault.services.ring_sealing import seal_column, unseal_column

PUBLISHED_BEFORE = PUBLISHED_AFTER = timedelta(days=1)
SIGNS_FOR = timedelta(days=90)
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('signin.lti_keys', 0))"


class CannotSign(Exception):
    """The private half does not open; ``replace_keys`` makes another key."""


def key_set() -> dict[str, list[dict[str, str]]]:
    """Every published key as a JWK set (RFC 7517)."""
    return {"keys": list(LtiKey.objects.values_list("public_jwk", flat=True))}


def published_keys() -> list[LtiKey]:
    """The same for staff, without the private halves."""
    return list(LtiKey.objects.defer("sealed_key"))


def sign(claims: Mapping[str, Any]) -> str:
    """A token signed with the key of now, the first of which is made here. Raises CannotSign."""
    key = _key(LtiKeyState.SIGNING) or _first_key()
    try:
        return signed_token(unseal_column(key), key.key_id, claims)
    except crypto.CannotUnseal as error:
        raise CannotSign(key.key_id) from error


@transaction.atomic
def ensure_key() -> None:
    """Publish a first key where there is none."""
    _lock()
    if not _key(LtiKeyState.SIGNING) and not _key(LtiKeyState.WAITING):
        _make_key()


@transaction.atomic
def rotate_keys() -> None:
    """Do what is due: delete, publish the next key, sign with it; nothing where no platform is."""
    if not LtiPlatform.objects.exists():
        return
    _lock()
    now = clock.now()
    LtiKey.objects.filter(state=LtiKeyState.RETIRED, retired_at__lt=now - PUBLISHED_AFTER).delete()
    waiting, signing = _key(LtiKeyState.WAITING), _key(LtiKeyState.SIGNING)
    if waiting is None and (signing is None or _has_signed_long(signing, now)):
        _make_key()
    elif waiting is not None and waiting.made_at < now - PUBLISHED_BEFORE:
        _begin_to_sign(waiting)


@transaction.atomic
def publish_next_key(platform: LtiPlatform, *, by: User, verb: str) -> datetime:
    """Publish the next key before its time, where none waits; from when on it signs."""
    _lock()
    key = _key(LtiKeyState.WAITING)
    if key is None:
        key = _make_key(is_recorded=False)
        record_change(
            key, by, ["state"], role=role_of(by, platform, verb),
            municipality_id=platform.municipality_id,
        )  # fmt: skip
    return key.made_at + PUBLISHED_BEFORE


@transaction.atomic
def replace_keys() -> LtiKey:
    """Delete every key, published or not, and sign with a new one at once.

    For a key that somebody else has seen, or that does not open.
    """
    _lock()
    LtiKey.objects.all().delete()
    key = _make_key()
    _begin_to_sign(key)
    return key


@transaction.atomic
def _first_key() -> LtiKey:
    _lock()
    signing = _key(LtiKeyState.SIGNING)
    return signing or _begin_to_sign(_key(LtiKeyState.WAITING) or _make_key())


def _has_signed_long(key: LtiKey, now: datetime) -> bool:
    return key.first_used_at is not None and key.first_used_at < now - SIGNS_FOR


def _lock() -> None:
    """Keys change one after the other, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK)


def _key(state: LtiKeyState) -> LtiKey | None:
    return LtiKey.objects.filter(state=state).first()


def _make_key(*, is_recorded: bool = True) -> LtiKey:
    pem = new_key()
    public = public_jwk(pem)
    key = LtiKey(
        key_id=public["kid"], public_jwk=public, state=LtiKeyState.WAITING, made_at=clock.now()
    )
    seal_column(key, pem)
    key.save(force_insert=True)
    if is_recorded:
        record_change(key, None, ["state"], role="system")
    return key


def _begin_to_sign(key: LtiKey) -> LtiKey:
    """The key signs from now on; the one before keeps its public half alone."""
    now = clock.now()
    before = _key(LtiKeyState.SIGNING)
    if before is not None:
        before.state, before.retired_at = LtiKeyState.RETIRED, now
        before.sealed_key, before.key_ring_key = None, ""
        before.save()
        record_change(before, None, ["state", "sealed_key"], role="system")
    key.state, key.first_used_at = LtiKeyState.SIGNING, now
    key.save()
    record_change(key, None, ["state"], role="system")
    return key
