"""Signing what is sent to LTI platforms (RS256), and the public half of the key. Pure: no Django."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

ALGORITHM = "RS256"  # the one that every platform knows (1EdTech Security Framework, section 5.1.1)
KEY_BITS = 2048


def new_key() -> bytes:
    """A new private key (PEM)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_jwk(pem: bytes) -> dict[str, str]:
    """The public half as it is published; ``kid`` is its thumbprint (RFC 7638)."""
    numbers = _private_key(pem).public_key().public_numbers()
    needed = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
    canonical = json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()
    key_id = _base64(hashlib.sha256(canonical).digest())
    return {**needed, "alg": ALGORITHM, "use": "sig", "kid": key_id}


def signed_token(pem: bytes, key_id: str, claims: Mapping[str, Any]) -> str:
    """The claims as a signed token (JWT)."""
    return jwt.encode(dict(claims), _private_key(pem), ALGORITHM, headers={"kid": key_id})


def _private_key(pem):
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("no key for RS256")
    return key


def _number(number):
    return _base64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _base64(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()
