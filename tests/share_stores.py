"""The share store of the tests: one id, and every folder that a test names is that store."""

import shutil
import uuid
from pathlib import Path

from django.core.files.storage import storages

from apps.core.storage_aliases import LEDGER
from apps.vault import erasure_list
from apps.vault.share_folder import ShareFolder
from apps.vault.share_urls import folder_of

STORE_ID = uuid.UUID("5a1e57a1-0000-4000-8000-000000000001")
INSERT = (
    "INSERT INTO vault_sharestore (id, store_id, made_at) "  # noqa: S608 - our own words
    f"VALUES (1, '{STORE_ID}', now()) ON CONFLICT DO NOTHING;"
)


def lay(folder):
    """Make a folder the store of the tests."""
    ShareFolder(folder, None).write_marker(STORE_ID)


def forget_erasures(folder):
    """Take the list of ended keys from a folder: a test that is rolled back has ended none."""
    (Path(folder) / erasure_list.FILE_NAME).unlink(missing_ok=True)


def forget_checkpoints():
    """Take the checkpoints from the second place: each test begins its numbers anew."""
    shutil.rmtree(Path(storages[LEDGER].location) / "checkpoints", ignore_errors=True)


def follow(*, setting, value, **_):
    """The receiver of setting_changed."""
    if setting == "KEY_SHARES_URL" and value.startswith("file:/"):
        lay(folder_of(value))
