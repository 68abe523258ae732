"""The places for files as Django's STORAGES, from one URL each."""

from typing import Any

from apps.core.storage_aliases import LEDGER, LEDGER_COPY, SOURCES, UPLOADS
from apps.core.storage_urls import BadStorageUrl, storage_at

OWNER_ALONE = {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700}
DISK_OPTIONS: dict[str, dict[str, Any]] = {
    SOURCES: {},
    UPLOADS: OWNER_ALONE,
    LEDGER: {"file_permissions_mode": 0o600},
    LEDGER_COPY: {"is_written_whole": True},
}


def file_storages(**urls: str) -> dict[str, dict[str, Any]]:
    """{alias: entry of STORAGES} of {alias: URL}.

    Without those that are empty or name no place: kaga_portal.storage_checks says so.
    """
    found = {}
    for alias, url in urls.items():
        try:
            found[alias] = storage_at(url, **DISK_OPTIONS[alias])
        except BadStorageUrl:
            continue
    return found
