"""Verifies an id_token (OpenID Connect Core 1.0, section 3.1.3.7). Pure: no Django, no network.

The signature is always checked, also of a token that came straight from the token endpoint.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Any

import jwt

ALGORITHMS = frozenset({"RS256", "ES256"})  # never "none", never one with a shared secret
KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
LEEWAY_S = 60  # clocks differ
MAX_AGE_S = 10 * 60  # a token issued earlier belongs to another sign-in
MAX_TOKEN_CHARS = 20_000
FindKey = Callable[[str], Mapping[str, Any] | None]  # the JWK (public) of a key id, or None


class BadToken(Exception):
    """The token proves nothing; the message is a code for the log."""


@dataclass(frozen=True)
class ExpectedToken:
    """What a token must say: who issued it, for whom, and for which request."""

    issuer: str
    client_id: str
    nonce: str
    algorithms: frozenset[str] = ALGORITHMS


def verify_id_token(token: str, expected: ExpectedToken, find_key: FindKey) -> dict[str, Any]:
    """The claims of a token that fits in everything. Raises BadToken."""
    key_id, algorithm = _header_of(token, expected.algorithms)
    key = _public_key(find_key(key_id), algorithm)
    try:
        claims = jwt.decode(
            token,
            key=key,
            algorithms=[algorithm],
            audience=expected.client_id,
            issuer=expected.issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iat", "iss", "aud", "sub"]},
        )
    except jwt.PyJWTError as error:
        raise BadToken(type(error).__name__) from error
    _check_claims(claims, expected)
    return claims


def _header_of(token, algorithms):
    """(key id, algorithm) as the token says. Raises BadToken for an algorithm that is not allowed."""
    if not isinstance(token, str) or len(token) > MAX_TOKEN_CHARS:
        raise BadToken("no_token")
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise BadToken("header") from error
    key_id, algorithm = header.get("kid", ""), header.get("alg")
    if algorithm not in algorithms or algorithm not in ALGORITHMS:
        raise BadToken("algorithm")
    if not isinstance(key_id, str):
        raise BadToken("key_id")
    if "crit" in header:
        raise BadToken("header")
    return key_id, algorithm


def _public_key(jwk, algorithm):
    """The key for this algorithm. Raises BadToken where the JWK is for something else."""
    if jwk is None:
        raise BadToken("unknown_key")
    is_for_it = (
        jwk.get("kty") == KEY_TYPES[algorithm]
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", algorithm) == algorithm
    )
    if not is_for_it:
        raise BadToken("key_use")
    public = {name: value for name, value in jwk.items() if name != "d"}
    try:
        return jwt.PyJWK(public, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise BadToken("key") from error


def _check_claims(claims, expected):
    if not all(isinstance(claims[name], int | float) for name in ("exp", "iat")):
        raise BadToken("times")
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
        raise BadToken("audience")
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise BadToken("audience")
    if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
        raise BadToken("subject")
    nonce = claims.get("nonce")
    is_ours = isinstance(nonce, str) and expected.nonce
    if not is_ours or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise BadToken("nonce")
    if claims["exp"] - claims["iat"] > 24 * 60 * 60:
        raise BadToken("lifetime")
    _check_age(claims["iat"])


def _check_age(issued_at):
    if time() - issued_at > MAX_AGE_S + LEEWAY_S:
        raise BadToken("age")
