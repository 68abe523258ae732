"""The key with which the portal proves itself to デジタル認証アプリ (private_key_jwt, ES256)."""

import base64
import hashlib
import json
import secrets

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from apps.core import clock

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM = "ES256"
ASSERTION_LIVES_S = 30


def new_key() -> bytes:
    """A new private key (PEM)."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_jwk(pem: bytes) -> dict[str, str]:
    """The public half as it is registered with the service; ``kid`` is its thumbprint (RFC 7638)."""
    numbers = _private_key(pem).public_key().public_numbers()
    needed = {"crv": "P-256", "kty": "EC", "x": _text(numbers.x), "y": _text(numbers.y)}
    canonical = json.dumps(needed, separators=(",", ":"), sort_keys=True).encode()
    key_id = _base64(hashlib.sha256(canonical).digest())
    return {**needed, "alg": ALGORITHM, "use": "sig", "kid": key_id}


def client_assertion(pem: bytes, client_id: str, token_url: str) -> dict[str, str]:
    """What is sent to the token endpoint in place of a secret: good once and for half a minute."""
    now = int(clock.now().timestamp())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_url,
        "jti": secrets.token_urlsafe(24),
        "iat": now,
        "exp": now + ASSERTION_LIVES_S,
    }
    header = {"kid": public_jwk(pem)["kid"]}
    signed = jwt.encode(claims, _private_key(pem), algorithm=ALGORITHM, headers=header)
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}


def _private_key(pem):
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("no key for ES256")
    return key


def _text(number):
    return _base64(number.to_bytes(32, "big"))


def _base64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
