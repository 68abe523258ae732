"""The cache's client, made once a process: Django makes a new one for every single question."""

from django.core.cache.backends import redis


class _Client(redis.RedisCacheClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._made = {}

    def get_client(self, key=None, *, write=False):
        """The client of a server; it shares its pool between threads by itself."""
        pool = self._get_connection_pool(write)
        if pool not in self._made:
            self._made[pool] = self._client(connection_pool=pool)
        return self._made[pool]


class RedisCache(redis.RedisCache):
    """Django's own, with that client."""

    def __init__(self, server, params):
        super().__init__(server, params)
        self._class = _Client
