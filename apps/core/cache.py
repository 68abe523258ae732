"""The cache client, made once a process, with counting that continues while its server is away."""

import logging
import time
from functools import wraps
from types import SimpleNamespace

from django.core.cache.backends import redis
from django.core.cache.backends.locmem import LocMemCache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
# What must be counted, or guessing has no limit: core.limits and allauth's rates.
COUNTED_PREFIXES = ("limit:", "allauth:")
PAUSE_S = 5.0  # pause after which an unanswering server is asked again for these
MAX_KEYS = 50_000


class _Client(redis.RedisCacheClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._clients = {}

    def get_client(self, key=None, *, write=False):
        """The client of a server; it shares its pool between threads by itself."""
        pool = self._get_connection_pool(write)
        if pool not in self._clients:
            self._clients[pool] = self._client(connection_pool=pool)
        return self._clients[pool]


_fallback = LocMemCache("counted while the cache is away", {"OPTIONS": {"MAX_ENTRIES": MAX_KEYS}})
_away = SimpleNamespace(until=0.0)


def _with_fallback(name):
    """The cache's method, which uses this process's memory while the server is away."""
    plain, own = getattr(redis.RedisCache, name), getattr(LocMemCache, name)

    @wraps(plain)
    def method(self, key, *args, **kwargs):
        if not key.startswith(COUNTED_PREFIXES):
            return plain(self, key, *args, **kwargs)
        if time.monotonic() >= _away.until:
            try:
                return plain(self, key, *args, **kwargs)
            except RedisError as error:
                _away.until = time.monotonic() + PAUSE_S
                log.warning("tries are counted in this process: %s", type(error).__name__)
        return own(_fallback, f"{self.key_prefix}:{key}", *args, **kwargs)

    return method


class RedisCache(redis.RedisCache):
    """Django's own cache backend, with that client."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = _Client

    add = _with_fallback("add")
    get = _with_fallback("get")
    set = _with_fallback("set")
    touch = _with_fallback("touch")
    delete = _with_fallback("delete")
    incr = _with_fallback("incr")
