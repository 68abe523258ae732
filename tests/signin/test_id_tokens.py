"""What an id_token must be to prove anything: pure rules, with real keys."""

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from apps.signin.oidc.tokens import BadToken, ExpectedToken, verify_id_token

ISSUER, CLIENT, NONCE = "https://login.example.jp", "portal", "n-0S6_WzA2Mj"
EXPECTED = ExpectedToken(ISSUER, CLIENT, NONCE)
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())


def public(key, **more):
    kind = jwt.algorithms.RSAAlgorithm if hasattr(key, "key_size") and key.key_size > 1000 else None
    kind = kind or jwt.algorithms.ECAlgorithm
    return {**json.loads(kind.to_jwk(key.public_key())), **more}


KEYS = {
    "r": public(RSA_KEY, kid="r", use="sig"),
    "e": public(EC_KEY, kid="e", alg="ES256"),
    "for_encryption": public(RSA_KEY, use="enc"),
    "shared": {"kty": "oct", "k": "c2VjcmV0"},
    "broken": {"kty": "RSA", "n": "x"},
}


def claims(**changed):
    now = int(time.time())
    found = {
        "iss": ISSUER,
        "aud": CLIENT,
        "sub": "a-1",
        "nonce": NONCE,
        "iat": now,
        "exp": now + 300,
    }
    found |= changed
    return {name: value for name, value in found.items() if value is not None}


def token(key=RSA_KEY, kid="r", algorithm="RS256", headers=None, **changed):
    headers = {"kid": kid, **(headers or {})}
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def refusal(text, expected=EXPECTED):
    with pytest.raises(BadToken) as error:
        verify_id_token(text, expected, KEYS.get)
    return str(error.value)


def test_a_token_that_fits_in_everything_is_believed_with_either_kind_of_key():
    assert verify_id_token(token(), EXPECTED, KEYS.get)["sub"] == "a-1"
    by_curve = token(EC_KEY, "e", "ES256", aud=[CLIENT, "other"], azp=CLIENT)
    assert verify_id_token(by_curve, EXPECTED, KEYS.get)["sub"] == "a-1"


def test_a_token_of_another_key_algorithm_or_shape_is_refused():
    assert refusal(token(OTHER_RSA_KEY)) == "InvalidSignatureError"
    assert refusal(token(None, algorithm="none")) == "algorithm"
    secret = "s" * 40
    assert refusal(token(secret, "shared", "HS256")) == "algorithm"
    assert refusal(token(RSA_KEY, algorithm="RS512")) == "algorithm"
    only_curves = ExpectedToken(ISSUER, CLIENT, NONCE, frozenset({"ES256"}))
    assert refusal(token(), only_curves) == "algorithm"
    assert refusal(token(kid="unknown")) == "unknown_key"
    assert refusal(token(kid="for_encryption")) == "key_use"
    assert refusal(token(kid="e")) == "key_use"
    assert refusal(token(kid="broken")) == "key"
    assert refusal(token(headers={"crit": ["b64"]})) in {"header", "InvalidTokenError"}
    for text in ("", "a.b.c", "x" * 30_000, None):
        assert refusal(text) in {"header", "no_token"}
    head, body, signature = token().split(".")
    _, other_body, _ = token(sub="a-2").split(".")
    assert refusal(f"{head}.{other_body}.{signature}") == "InvalidSignatureError"


def test_a_token_for_somebody_else_or_of_another_moment_is_refused():
    now = int(time.time())
    assert refusal(token(iss="https://evil.example")) == "InvalidIssuerError"
    assert refusal(token(aud="other")) == "InvalidAudienceError"
    assert refusal(token(aud=[CLIENT, "other"])) == "audience"
    assert refusal(token(azp="other")) == "audience"
    assert refusal(token(exp=now - 120, iat=now - 400)) == "ExpiredSignatureError"
    assert refusal(token(iat=now - 3600)) == "age"
    assert refusal(token(iat=now + 3600, exp=now + 4000)) == "ImmatureSignatureError"
    assert refusal(token(exp=now + 30 * 24 * 3600)) == "lifetime"
    for missing in ("exp", "iat", "iss", "aud", "sub"):
        assert refusal(token(**{missing: None})) == "MissingRequiredClaimError"
    assert refusal(token(sub="x" * 300)) == "subject"


def test_a_token_without_the_nonce_of_this_sign_in_is_refused():
    for wrong in (None, "", "another", 5):
        assert refusal(token(nonce=wrong)) == "nonce"
    without = ExpectedToken(ISSUER, CLIENT, "")
    assert refusal(token(nonce=""), without) == "nonce"
