"""Checks KEY_SHARES_URL: a store outside the database, encrypted on the way, that forgets."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error

from apps.vault.share_urls import URL_FORMS, BadStoreUrl, is_database, store_at
from kaga_portal.backend_checks import OPT_OUT_HINT, plain_backends


def check_key_shares() -> Iterator[CheckMessage]:
    """Errors about KEY_SHARES_URL; in production only."""
    url = settings.KEY_SHARES_URL
    if not url:
        yield Error(
            "KEY_SHARES_URL is not set: half of every subject key is kept there.",
            hint=f"{URL_FORMS}, outside the database, with backups of its own (some days at most).",
            id="kaga.E011",
        )
        return
    try:
        store_at(url, None)
    except BadStoreUrl as error:
        yield Error(f"KEY_SHARES_URL: {error}", id="kaga.E040")
        return
    if is_database(url):
        yield from _database(url)


def _database(url):
    parts, main = urlsplit(url), urlsplit(settings.DATABASE_URL)
    if (parts.hostname, parts.port or 5432) == (main.hostname, main.port or 5432):
        yield Error(
            "KEY_SHARES_URL names the server of DATABASE_URL: its WAL and its backups would hold "
            "both halves of every key.",
            hint="A small PostgreSQL server of its own: docs/operations/key-shares.md.",
            id="kaga.E041",
        )
    is_verified = parse_qs(parts.query).get("sslmode", [""])[-1] == "verify-full"
    if not is_verified and "key-shares" not in plain_backends():
        yield Error(
            "KEY_SHARES_URL has no sslmode=verify-full: halves of keys could be read on the way.",
            hint="Add ?sslmode=verify-full&sslrootcert=/path/to/ca.pem (or sslrootcert=system). "
            + OPT_OUT_HINT.format(name="key-shares"),
            id="kaga.E042",
        )
