"""Encryption for any content that waits on a tablet: today's public key, and decryption."""

import base64

from apps.checkins import hpke
from apps.checkins.models import DeliveryKey
from apps.checkins.services.late_deliveries import KEY_LIFETIME, _key_of_today, _private
from apps.core.clock import today
from apps.core.json_input import read_json


class UnreadableBox(Exception):
    """Encrypted to another or deleted key, for another form, or altered."""


def todays_key():
    """(id, public key as base64) of today's delivery key."""
    key = _key_of_today(today())
    return key.pk, base64.b64encode(bytes(key.public)).decode()


def open_box(item):
    """The decrypted dict of a SealedItem. Raises UnreadableBox."""
    try:
        made_on, private = _private(item.key_id)
        if made_on < today() - KEY_LIFETIME:
            raise UnreadableBox("its key is too old")
        context = hpke.sealing_context(item.key_id, item.client_key)
        return dict(read_json(hpke.open_body(private, item.body, context)))
    except (DeliveryKey.DoesNotExist, hpke.CannotDecrypt, ValueError, TypeError) as error:
        raise UnreadableBox("this was not sealed to a key of ours") from error
