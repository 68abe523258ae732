"""The key with which the portal proves itself to デジタル認証アプリ (private_key_jwt, ES256)."""

import secrets

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from apps.core import clock
from apps.signin.json_web_keys import from_pem, number_text, published, to_pem

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHM = "ES256"
ASSERTION_LIVES_S = 30
COORDINATE_BYTES = 32


def new_key() -> bytes:
    """A new private key (PEM)."""
    return to_pem(ec.generate_private_key(ec.SECP256R1()))


def public_jwk(pem: bytes) -> dict[str, str]:
    """The public half as it is registered with the service."""
    numbers = from_pem(pem, ec.EllipticCurvePrivateKey).public_key().public_numbers()
    x, y = (number_text(each, COORDINATE_BYTES) for each in (numbers.x, numbers.y))
    return published({"crv": "P-256", "kty": "EC", "x": x, "y": y}, ALGORITHM)


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
    key = from_pem(pem, ec.EllipticCurvePrivateKey)
    signed = jwt.encode(claims, key, algorithm=ALGORITHM, headers=header)
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": signed}
