"""Keys that sign what the portal sends, stored as PEM and published as JWK. Pure: no Django."""

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)


def to_pem(key: EllipticCurvePrivateKey | RSAPrivateKey) -> bytes:
    """The private key as it is sealed."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(pem: bytes, kind: Any) -> Any:
    """The private key, which has to be of this class. Raises TypeError."""
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, kind):
        raise TypeError("a key of another kind")
    return key


def published(numbers: dict[str, str], algorithm: str) -> dict[str, str]:
    """The JWK of a public half; ``kid`` is the thumbprint of its numbers (RFC 7638)."""
    canonical = json.dumps(numbers, separators=(",", ":"), sort_keys=True).encode()
    key_id = base64url(hashlib.sha256(canonical).digest())
    return {**numbers, "alg": algorithm, "use": "sig", "kid": key_id}


def number_text(number: int, n_bytes: int = 0) -> str:
    """A number of a key as JWK writes it: in as few bytes as it needs, or in ``n_bytes``."""
    return base64url(number.to_bytes(n_bytes or (number.bit_length() + 7) // 8, "big"))


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding (RFC 7515)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
