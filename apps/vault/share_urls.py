"""Which store a KEY_SHARES_URL names. Pure: no Django."""

from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import UUID

from apps.vault.share_database import ShareDatabase
from apps.vault.share_folder import ShareFolder
from apps.vault.shares import KeyShares

DATABASE_SCHEMES = ("postgres", "postgresql")
URL_FORMS = "file:/folder or postgres://user:password@host/database"


class BadStoreUrl(ValueError):
    """A URL names no store; the message says which forms of URL there are."""


def store_at(url: str, store_id: UUID | None) -> KeyShares:
    """The store at a URL, expected to be ``store_id``. Raises BadStoreUrl."""
    if is_database(url):
        return ShareDatabase(url, store_id)
    return ShareFolder(folder_of(url), store_id)


def is_database(url: str) -> bool:
    """Whether a URL names a database."""
    return urlsplit(url).scheme in DATABASE_SCHEMES


def folder_of(url: str) -> Path:
    """The folder of a file: URL. Raises BadStoreUrl."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc or not parts.path.startswith("/"):
        raise BadStoreUrl(f"No store of key shares has such a URL; give {URL_FORMS}.")
    return Path(unquote(parts.path))
