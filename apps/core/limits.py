"""How often something may be tried: counted in the cache, in fixed windows."""

import hashlib

from django.core.cache import cache


def allow(action, key, *, amount, seconds):
    """Count one try of ``action`` by ``key`` (hashed: no code is kept); False when it is too many."""
    name = f"limit:{action}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    if cache.add(name, 1, timeout=seconds):
        return True
    try:
        return cache.incr(name) <= amount
    except ValueError:  # the window ended between the two
        return True
