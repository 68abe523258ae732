"""Signing what is sent to LTI platforms (RS256), and the public half of the key. Pure: no Django."""

from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from apps.signin.json_web_keys import from_pem, number_text, published, to_pem

ALGORITHM = "RS256"  # the one that every platform knows (1EdTech Security Framework, section 5.1.1)
KEY_BITS = 2048


def new_key() -> bytes:
    """A new private key (PEM)."""
    return to_pem(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))


def public_jwk(pem: bytes) -> dict[str, str]:
    """The public half as it is published."""
    numbers = from_pem(pem, rsa.RSAPrivateKey).public_key().public_numbers()
    needed = {"e": number_text(numbers.e), "kty": "RSA", "n": number_text(numbers.n)}
    return published(needed, ALGORITHM)


def signed_token(pem: bytes, key_id: str, claims: Mapping[str, Any]) -> str:
    """The claims as a signed token (JWT)."""
    key = from_pem(pem, rsa.RSAPrivateKey)
    return jwt.encode(dict(claims), key, ALGORITHM, headers={"kid": key_id})
