"""How often something may be tried: counted in the cache, in fixed windows."""

import hashlib
import logging

from django.core.cache import cache
from django.dispatch import Signal
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
limit_hit = Signal()  # arguments: action (a code of ours)


def allow(action, key, *, amount, seconds):
    """Count one try of ``action`` by ``key`` (hashed: no code is kept); False when it is too many.

    Where the cache is away nothing is counted and nobody refused: what must not be guessed locks
    itself in the database (a card after so many wrong tries) or is too long to guess.
    """
    name = f"limit:{action}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    try:
        is_allowed = cache.add(name, 1, timeout=seconds) or cache.incr(name) <= amount
    except ValueError:  # the window ended between the two
        return True
    except RedisError as error:
        log.warning("tries are not counted: %s", type(error).__name__)
        return True
    if not is_allowed:
        note_hit(action)
    return is_allowed


def note_hit(action: str) -> None:
    """Say that somebody was refused by the limit of ``action``, wherever it is counted."""
    limit_hit.send(sender=None, action=action)
