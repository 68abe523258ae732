"""The key of a day to which tablets without network encrypt what they deliver later."""

import base64
from datetime import date, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.checkins import hpke, tickets
from apps.checkins.models import DeliveryKey
from apps.core import crypto
from apps.core.clock import today
from apps.vault.damage import DamageFinding
from apps.vault.models import DamageKind
from apps.vault.services.damage_reports import report_damage
from apps.vault.services.ring_sealing import seal_column, unseal_column

KEY_LIFETIME = (
    timedelta(days=1) + tickets.VALID_FOR + timedelta(days=1)
)  # a page may stay open for a day


class CannotOpenItem(Exception):
    """Encrypted to another or deleted key, for another form, or altered."""


class DeliveryKeyDamaged(Exception):
    """Our key exists and cannot be used now: the tablet must keep the item. It is reported."""


def todays_key() -> DeliveryKey:
    """The delivery key of today, created on first use."""
    return _key_of_day(today())


def key_point(key: DeliveryKey) -> str:
    """The public key for a page (65 bytes as base64)."""
    return base64.b64encode(bytes(key.public)).decode()


def open_item(item: Any) -> bytes:
    """The decrypted bytes of a SealedItem. Raises CannotOpenItem and DeliveryKeyDamaged."""
    try:
        made_on, private = private_key(item.key_id)
        if made_on < today() - KEY_LIFETIME:
            raise CannotOpenItem("its key is too old")
        context = hpke.sealing_context(item.key_id, item.client_key)
        return hpke.open_body(private, item.body, context)
    except (DeliveryKey.DoesNotExist, hpke.CannotDecrypt) as error:
        raise CannotOpenItem("not encrypted to a key of ours") from error
    except crypto.CannotUnseal as error:
        report_damage(
            [DamageFinding(DamageKind.KEY_CHANGED.value, item.key_id, table="checkins_deliverykey")]
        )
        raise DeliveryKeyDamaged(str(item.key_id)) from error


def delete_expired_keys() -> int:
    """Delete the keys no valid ticket can need: what was encrypted to them is lost for good."""
    return DeliveryKey.objects.filter(made_on__lt=today() - KEY_LIFETIME).delete()[0]


def forget_cached_keys() -> None:
    """Read the keys anew: for tests, whose rows are rolled back."""
    _key_of_day.cache_clear()
    private_key.cache_clear()


@lru_cache(maxsize=2)
def _key_of_day(day: date) -> DeliveryKey:
    scalar = hpke.generate_private_key()
    delivery_key = DeliveryKey(
        made_on=day, public=hpke.public_key_bytes(hpke.load_private_key(scalar))
    )
    seal_column(delivery_key, scalar)
    DeliveryKey.objects.bulk_create([delivery_key], ignore_conflicts=True)
    return DeliveryKey.objects.get(made_on=day)


@lru_cache(maxsize=32)
def private_key(key_id: UUID) -> tuple[date, Any]:
    """(day of the key, its private half). Raises DoesNotExist and crypto.CannotUnseal."""
    key = DeliveryKey.objects.get(pk=key_id)
    return key.made_on, hpke.load_private_key(unseal_column(key))
