"""Which keys of the environment were in use with this database, so that a missing one is noticed."""

import hmac
from datetime import datetime

from django.conf import settings

from apps.core import clock, crypto
from apps.vault.models import EnvironmentKey, KeyKind
from apps.vault.services.keys import key_ring

CHECK_LABEL = "key check"


def record_environment_keys() -> None:
    """Record the keys of the environment, and which is the newest of each kind."""
    for kind, keys in environment_keys().items():
        rows = [EnvironmentKey(kind=kind, name=name, check_value=check) for name, check in keys]
        EnvironmentKey.objects.bulk_create(rows, ignore_conflicts=True)
        known = EnvironmentKey.objects.filter(kind=kind)
        newest = keys[0][0]
        known.filter(name=newest).exclude(newest_until=None).update(newest_until=None)
        known.exclude(name=newest).filter(newest_until=None).update(newest_until=clock.now())


def replaced_key_ids() -> list[str]:
    """The ids under which VAULT_KEYS holds another key than it did."""
    now = dict(environment_keys()[KeyKind.VAULT])
    known = EnvironmentKey.objects.filter(kind=KeyKind.VAULT, name__in=now, given_up_at=None)
    return sorted(row.name for row in known if row.check_value != now[row.name])


def missing_secrets() -> list[EnvironmentKey]:
    """The former SECRET_KEYs that SECRET_KEY_FALLBACKS does not hold, and nobody gave up."""
    now = [name for name, _ in environment_keys()[KeyKind.SECRET]]
    left = EnvironmentKey.objects.filter(kind=KeyKind.SECRET, given_up_at=None).exclude(
        name__in=now
    )
    return list(left.order_by("seen_at"))


def newest_until(row: EnvironmentKey) -> datetime:
    """Until when this key was the newest: now, where no start has recorded another one yet."""
    return row.newest_until or clock.now()


def ring_key_ids() -> set[str]:
    """The ids of the keys in VAULT_KEYS."""
    return {name for name, _ in key_ring().keys}


def recorded_key_ids(kind: KeyKind) -> set[str]:
    """The ids of the keys that were in use, given up or not."""
    return set(EnvironmentKey.objects.filter(kind=kind).values_list("name", flat=True))


def given_up_key_ids(kind: KeyKind) -> set[str]:
    """The ids of the keys whose sealed content somebody declared lost."""
    given_up = EnvironmentKey.objects.filter(kind=kind).exclude(given_up_at=None)
    return set(given_up.values_list("name", flat=True))


def give_up_key(kind: KeyKind, name: str, reason: str) -> None:
    """Record that what depends on a key outside the environment is given up."""
    EnvironmentKey.objects.update_or_create(
        kind=kind, name=name,
        defaults={"given_up_at": clock.now(), "given_up_because": reason},
    )  # fmt: skip


def environment_keys() -> dict[KeyKind, list[tuple[str, str]]]:
    """{kind: [(id, check value)]} of the environment, the newest first."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return {
        KeyKind.VAULT: [(name, _check(key)) for name, key in key_ring().keys],
        KeyKind.SECRET: [(_check(secret.encode()),) * 2 for secret in secrets],
    }


def _check(key):
    """8 bytes (hex) that stand for a key."""
    return hmac.digest(crypto.derive(key, CHECK_LABEL), b"check", "sha256")[:8].hex()
