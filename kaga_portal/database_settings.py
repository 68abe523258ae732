"""Django's settings of the database, from its URLs."""

from typing import Any
from urllib.parse import unquote

from environ import Env


def connection_settings(env: Env, url: str) -> dict[str, Any]:
    """The connection of web and workers; {} without a URL."""
    if not url:
        return {}
    found = _of_url(env, url)
    found["ENGINE"] = "apps.core.postgresql"
    options = found.setdefault("OPTIONS", {})
    options["connect_timeout"] = 5
    if env.bool("DB_PREPARE", True):
        options["prepare_threshold"] = 5
    else:  # behind a pooler that changes connections between transactions: nothing outlives one
        found["DISABLE_SERVER_SIDE_CURSORS"] = True
    if n_most := env.int("DB_POOL_MAX", 0):  # for many threads; one thread does better without
        options["pool"] = {"min_size": 1, "max_size": n_most, "timeout": 5}
    else:
        found |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return found


def owner_settings(env: Env, url: str) -> dict[str, Any]:
    """USER, PASSWORD, HOST and PORT of the role that migrates; {} where none is named."""
    return _of_url(env, url) if url else {}


def _of_url(env: Env, url: str) -> dict[str, Any]:
    found = env.db_url_config(url)
    found["HOST"] = unquote(found["HOST"])  # %2F…: a socket's folder
    return found
