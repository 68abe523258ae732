"""Rate limits, counted in the cache. Their values: core.limit_table."""

import hmac

from django.conf import settings
from django.core.cache import cache
from django.dispatch import Signal

from apps.core.limit_table import LIMITS

RETRY_AFTER_HEADERS = {"Retry-After": "60"}  # headers of an answer 429 to a program
limit_hit = Signal()  # arguments: action (a code of ours)


def allow(name: str, key: str = "all") -> bool:
    """Count one try for a row of the table by ``key``; the cache holds only a keyed digest.

    From a plain digest an address or a mail could be guessed. False when it is too many. Raises
    KeyError for a name that is not in the table.
    """
    row, place = LIMITS[name], _place(name, key)
    try:
        n = 1 if cache.add(place, 1, timeout=row.seconds) else cache.incr(place)
    except ValueError:  # the time ended between the two
        return True
    if n > row.amount:
        signal_limit_hit(name)
        return False
    if row.restarts and n > 1:
        cache.touch(place, row.seconds)
    return True


def is_exhausted(name: str, key: str = "all") -> bool:
    """Whether the next try would be too many; counts nothing."""
    return cache.get(_place(name, key), 0) >= LIMITS[name].amount


def undo_try(name: str, key: str = "all") -> None:
    """Undo one ``allow``: the try does not count."""
    place = _place(name, key)
    try:
        if cache.decr(place) < 0:
            cache.delete(place)
    except ValueError:  # its time has ended
        return


def signal_limit_hit(action: str) -> None:
    """Send the signal that somebody was refused by the limit of ``action``."""
    limit_hit.send(sender=None, action=action)


def _place(name, key):
    counted = b"core.limits." + key.encode("utf-8", "replace")
    digest = hmac.digest(settings.SECRET_KEY.encode(), counted, "sha256").hex()[:32]
    return f"limit:{name}:{digest}"
