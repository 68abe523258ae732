"""The published configuration and keys of a sign-in service, kept in the cache for a while.

A key that is not known makes the keys be fetched again, at most once a minute: services change
their keys without notice. What failed is not asked again for half a minute. Without the cache every
sign-in asks.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import requests
from django.core.cache import cache

from apps.core.network_addresses import origin_of
from apps.signin.oidc.outbound import OutboundSession
from apps.signin.oidc.service_health import memory

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_S, KEYS_KEPT_S, FETCHED_AGAIN_S = 60 * 60, 10 * 60, 60
FAILED_AGAIN_S = 30
MAX_KEYS = 50


class ServiceFailed(Exception):
    """The service cannot be used now; the message is a code."""


@dataclass(frozen=True)
class ServiceMetadata:
    """The endpoints of one issuer."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""


def service_metadata(issuer: str, *, is_fresh: bool = False) -> ServiceMetadata:
    """The configuration of an issuer; a fresh one is asked for always. Raises ServiceFailed."""
    place = _place("oidc.metadata", issuer)
    known = None if is_fresh else memory.ask(cache.get, place)
    if known is None:
        known = _asked(issuer, place, is_fresh)
        memory.ask(cache.set, place, known, KEPT_S)
    return ServiceMetadata(**known)


def _asked(issuer, place, is_fresh):
    """What the issuer publishes now, or the failure of the last half minute."""
    failed = f"{place}.failed"
    if not is_fresh and (code := memory.ask(cache.get, failed)):
        raise ServiceFailed(code)
    try:
        found = asdict(_checked(issuer, _fetched(issuer.rstrip("/") + WELL_KNOWN)))
    except ServiceFailed as error:
        memory.ask(cache.set, failed, str(error), FAILED_AGAIN_S)
        raise
    memory.ask(cache.delete, failed)
    return found


def public_key(jwks_uri: str, key_id: str) -> dict[str, Any] | None:
    """The public key (JWK) of this id ("": the only one), or None. Raises ServiceFailed."""
    place = _place("oidc.keys", jwks_uri)
    asked, keys = f"{place}.asked", memory.ask(cache.get, place)
    is_known = keys is not None and key_id in keys
    if not is_known and memory.ask(cache.add, asked, 1, FETCHED_AGAIN_S, otherwise=True):
        try:
            keys = fetch_keys(jwks_uri)
        except ServiceFailed:
            memory.ask(cache.set, asked, 1, FAILED_AGAIN_S)
            raise
    if keys is None:  # somebody else has just asked, and got nothing
        raise ServiceFailed("no_keys")
    if not key_id:  # allowed where there is only one (OpenID Connect Core, section 10.1)
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(key_id)


def fetch_keys(jwks_uri: str) -> dict[str, dict[str, Any]]:
    """{key id: JWK} as published now, also stored in the cache. Raises ServiceFailed."""
    found = _fetched(jwks_uri).get("keys")
    if not isinstance(found, list) or len(found) > MAX_KEYS:
        raise ServiceFailed("no_keys")
    keys = {str(key.get("kid", "")): key for key in found if isinstance(key, dict)}
    if not keys:
        raise ServiceFailed("no_keys")
    memory.ask(cache.set, _place("oidc.keys", jwks_uri), keys, KEYS_KEPT_S)
    return keys


def _fetched(url):
    try:
        with OutboundSession() as session:
            response = session.get(url)
            response.raise_for_status()
            found = response.json()
    except requests.RequestException as error:
        raise ServiceFailed(str(error)[:60]) from error
    if not isinstance(found, dict):
        raise ServiceFailed("no_json")
    return found


def _checked(issuer, found):
    """The metadata, where it is that of this issuer and everything in it may be used."""
    if found.get("issuer") != issuer:
        raise ServiceFailed("issuer")
    values = {name: found.get(name, "") for name in ServiceMetadata.__dataclass_fields__}
    if not all(isinstance(value, str) for value in values.values()):
        raise ServiceFailed("endpoints")
    needed = [values[n] for n in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
    scheme = origin_of(issuer).partition("://")[0]
    if not all(origin_of(url).startswith(f"{scheme}://") for url in needed):
        raise ServiceFailed("endpoints")
    # The page that begins names this origin in its policy, before anything is asked of the service.
    if origin_of(values["authorization_endpoint"]) != origin_of(issuer):
        raise ServiceFailed("endpoints")
    return ServiceMetadata(**values)


def _place(name, text):
    return f"{name}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"
