"""URLs of Redis-protocol servers as Django and Celery want them. Pure."""

from ssl import CERT_REQUIRED
from urllib.parse import parse_qsl


def redis_database(url: str, number: int) -> str:
    """The same server, another database: ``…?db=N`` for sockets, ``…/N`` over TCP."""
    place, _, query = url.partition("?")
    if url.startswith("unix://"):
        return f"{place}?db={number}"
    place = place.rstrip("/")
    place = place.rpartition("/")[0] if place.count("/") > 2 else place
    return f"{place}/{number}{f'?{query}' if query else ''}"


def broker_url(url: str) -> str:
    """The broker's URL as kombu reads it; its TLS options are in ``broker_ssl``."""
    place, _, _ = url.partition("?")
    if url.startswith("unix://"):
        return f"redis+socket://{place.removeprefix('unix://')}?virtual_host=0"
    return place if url.startswith("rediss://") else url


def broker_ssl(url: str) -> dict | None:
    """The TLS options of the broker; None without TLS.

    By default kombu checks no certificate, and it ignores its own option where the URL has TLS
    options.
    """
    if not url.startswith("rediss://"):
        return None
    files = {name: value for name, value in parse_qsl(url.partition("?")[2]) if name[:4] == "ssl_"}
    return {**files, "ssl_cert_reqs": CERT_REQUIRED, "ssl_check_hostname": True}
