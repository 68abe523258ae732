"""The published configuration and keys of a sign-in service, kept in the cache for a while.

A key that is not known makes the keys be fetched again, at most once a minute: services change
their keys without notice.
"""

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import requests
from django.core.cache import cache

from apps.core.network_addresses import origin_of
from apps.signin.oidc.outbound import OutboundSession

WELL_KNOWN = "/.well-known/openid-configuration"
KEPT_S, KEYS_KEPT_S, FETCHED_AGAIN_S = 60 * 60, 10 * 60, 60
MAX_KEYS = 50
AWAY, AWAY_KEPT_S = "oidc.unreachable", 5 * 60


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
    """The configuration of an issuer. Raises ServiceFailed."""
    place = _place("oidc.metadata", issuer)
    known = None if is_fresh else cache.get(place)
    if known is None:
        known = asdict(_checked(issuer, _fetched(issuer.rstrip("/") + WELL_KNOWN)))
        cache.set(place, known, KEPT_S)
    return ServiceMetadata(**known)


def signing_key(jwks_uri: str, key_id: str) -> dict[str, Any] | None:
    """The public key (JWK) of this id ("": the only one), or None. Raises ServiceFailed."""
    place = _place("oidc.keys", jwks_uri)
    keys = cache.get(place)
    if (keys is None or key_id not in keys) and cache.add(f"{place}.asked", 1, FETCHED_AGAIN_S):
        try:
            keys = fetch_keys(jwks_uri)
        except ServiceFailed:
            cache.delete(f"{place}.asked")
            note_away()
            raise
    if keys is None:  # somebody else has just asked, and got nothing
        raise ServiceFailed("no_keys")
    if not key_id:  # allowed where there is only one (OpenID Connect Core, section 10.1)
        return next(iter(keys.values())) if len(keys) == 1 else None
    return keys.get(key_id)


def note_away() -> None:
    """Note for some minutes that a service did not answer a sign-in (service_health tells it)."""
    cache.set(AWAY, 1, AWAY_KEPT_S)


def fetch_keys(jwks_uri: str) -> dict[str, dict[str, Any]]:
    """{key id: JWK} as published now, also stored in the cache. Raises ServiceFailed."""
    found = _fetched(jwks_uri).get("keys")
    if not isinstance(found, list) or len(found) > MAX_KEYS:
        raise ServiceFailed("no_keys")
    keys = {str(key.get("kid", "")): key for key in found if isinstance(key, dict)}
    if not keys:
        raise ServiceFailed("no_keys")
    cache.set(_place("oidc.keys", jwks_uri), keys, KEYS_KEPT_S)
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
