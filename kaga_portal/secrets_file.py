"""The demo's secrets, created at the first start and kept in var/secrets.env.

Production never reads this file: there the same names come from the environment, and a missing one
stops the start (kaga_portal.checks).
"""

import argparse
import base64
import fcntl
import hashlib
import os
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec


def load_secrets(path):
    """Put the secrets of ``path`` into os.environ (without overriding), creating missing ones.

    Returns a name for this set of secrets, the same when a key is added to it later.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path.with_suffix(".lock"), "w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        stored = _read(path)
        if missing := {
            name: value for name, value in invent_secrets().items() if name not in stored
        }:
            draft = path.with_suffix(".draft")
            draft.touch(mode=0o600)
            stored |= missing
            draft.write_text("".join(f"{name}={value}\n" for name, value in stored.items()))
            draft.rename(path)
    for name, value in stored.items():
        os.environ.setdefault(name, value)
    return hashlib.sha256(stored["DEMO_SEED"].encode()).hexdigest()[:16]


def _read(path):
    if not path.exists():
        return {}
    lines = (line.partition("=") for line in path.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in lines}


def invent_secrets(ring_id="1"):
    """New secrets, as the settings expect them; ``ring_id`` names the keys of the two rings.

    VAULT_KEYS (AES-256) and SIGNING_KEYS (Ed25519 seeds) are ``id:base64url(32 bytes)``, comma-
    separated, newest first; the VAPID keys are the raw P-256 private scalar and uncompressed point,
    base64url (RFC 8292, section 3.2).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    scalar = key.private_numbers().private_value.to_bytes(32, "big")
    point = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAULT_KEYS": f"{_named('k', ring_id)}:{_b64(secrets.token_bytes(32))}",
        "SIGNING_KEYS": f"{_named('s', ring_id)}:{_b64(secrets.token_bytes(32))}",
        "VAPID_PRIVATE_KEY": _b64(scalar),
        "VAPID_PUBLIC_KEY": _b64(point),
        "VAPID_SUBJECT": "mailto:portal@example.com",
        "DEMO_SEED": secrets.token_hex(8),
    }


def b64decode(text):
    """The bytes of unpadded base64url. Raises ValueError."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _named(letter, ring_id):
    return ring_id if ring_id[:1].isalpha() else letter + ring_id


if __name__ == "__main__":
    wanted = argparse.ArgumentParser(description="Print a fresh set of secrets.")
    wanted.add_argument(
        "--id", default="1", help="the id of the key in VAULT_KEYS and SIGNING_KEYS"
    )
    for name, value in invent_secrets(wanted.parse_args().id).items():
        if name != "DEMO_SEED":
            print(f"{name}={value}")  # noqa: T201 - a tool for the terminal
