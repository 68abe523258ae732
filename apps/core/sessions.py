"""Sessions in the database with a copy in the cache, which survive the loss of the cache.

Otherwise, without the cache every page of a signed-in student would be an error, asking for help
among them. The row is the truth; where the cache is away, the row alone serves.
"""

import logging
import time

from django.contrib.sessions.backends import cached_db
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
PAUSE_S = 5.0  # a cache that hangs delays one request, not every request


class PausingCache:
    """A cache that is not asked for a while once it did not answer.

    What could not be deleted from an unreachable cache may still be there when it is back, for as
    long as a session lasts at most; the browser's cookie is gone by then.
    """

    def __init__(self):
        self._away_until = 0.0

    def ask(self, verb, *args, otherwise=None):
        """The result of ``verb`` (a cache's method), or ``otherwise``."""
        if time.monotonic() < self._away_until:
            return otherwise
        try:
            return verb(*args)
        except RedisError as error:
            self._away_until = time.monotonic() + PAUSE_S
            log.warning("the cache is away: %s", type(error).__name__)
            return otherwise


_copy = PausingCache()


class _ResilientCache:
    """The cache of one session store; it holds a session as its row does."""

    def __init__(self, cache, store):
        self._cache, self._store = cache, store

    def get(self, key, default=None):
        answer = _copy.ask(self._cache.get, key)
        return (isinstance(answer, str) and self._store.decode(answer)) or default

    def set(self, key, value, timeout=None):
        _copy.ask(self._cache.set, key, self._store.encode(value), timeout)

    def delete(self, key):
        _copy.ask(self._cache.delete, key)

    def __contains__(self, key):
        return bool(_copy.ask(self._cache.has_key, key))


class SessionStore(cached_db.SessionStore):
    """Django's own store, with such a cache."""

    def __init__(self, session_key=None):
        super().__init__(session_key)
        self._cache = _ResilientCache(self._cache, self)
