"""Signed JSON: Ed25519 signatures as JWS (RFC 7515, RFC 8037). Pure."""

import hashlib
import json
from functools import cache

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.exceptions import InvalidTokenError
from jwt.utils import base64url_decode, base64url_encode

ALGORITHM = "EdDSA"
_jws = jwt.PyJWS(algorithms=[ALGORITHM])


class InvalidSignature(Exception):
    """The signature is missing, broken, or by a key the portal does not have."""


def canonical_json(value):
    """The bytes of a JSON value in one form only: sorted keys, no spaces, UTF-8.

    For the values used here (no floats) this is the JSON Canonicalization Scheme, RFC 8785.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def json_digest(value):
    """SHA-256 of a JSON value's canonical bytes, base64url without padding (43 characters)."""
    return base64url_encode(hashlib.sha256(canonical_json(value)).digest()).decode()


def sign_json(ring, value):
    """A compact JWS over a JSON value, by the newest key of the ring (apps.core.crypto.KeyRing)."""
    name, seed = ring.keys[0]
    key = _private_key(seed)
    return _jws.encode(canonical_json(value), key, algorithm=ALGORITHM, headers={"kid": name})


def verify_json(ring, token):
    """The JSON value that a compact JWS signs. Raises InvalidSignature."""
    try:
        name = _jws.get_unverified_header(token).get("kid")
        key = _public_keys(ring).get(name)
        if key is None:
            raise InvalidSignature("No key of this id.")
        return json.loads(_jws.decode(token, key, algorithms=[ALGORITHM]))
    except (InvalidTokenError, ValueError, TypeError) as error:
        raise InvalidSignature("Not a signature of the portal.") from error


def unverified_json(token):
    """The JSON object that a compact JWS holds, its signature not verified; {} where it holds none."""
    try:
        value = json.loads(base64url_decode(token.split(".")[1]))
    except (ValueError, IndexError):
        return {}
    return value if isinstance(value, dict) else {}


def public_key_set(ring):
    """The public keys as a JWK set (RFC 7517, RFC 8037 section 2), for verifiers elsewhere."""
    return {
        "keys": [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": ALGORITHM,
                "kid": name,
                "x": base64url_encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode(),
            }
            for name, key in _public_keys(ring).items()
        ]
    }


def _public_keys(ring):
    return {name: _private_key(seed).public_key() for name, seed in ring.keys}


@cache
def _private_key(seed):
    return Ed25519PrivateKey.from_private_bytes(seed)
