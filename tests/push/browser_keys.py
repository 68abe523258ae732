"""Devices for tests: keys as a browser makes them."""

import base64
import os

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.push.services import broadcasts


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def keys():
    """(private key, p256dh, auth) of a fresh device."""
    private = ec.generate_private_key(ec.SECP256R1())
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return private, b64(point), b64(os.urandom(16))


def device(user, endpoint=None):
    """A live subscription of this user at a well-known push service."""
    _, p256dh, auth = keys()
    endpoint = (
        endpoint or f"https://updates.push.services.mozilla.com/wpush/v2/{b64(os.urandom(9))}"
    )
    return broadcasts.subscribe(user, endpoint, p256dh, auth, "端末")
