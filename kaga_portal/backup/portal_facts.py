"""What a backup keeps beside the data: settings without secrets, how many rows, the last checkpoint."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages

from apps.audit.models import AuditEvent
from apps.checkins.models import CheckIn
from apps.consent.models import ConsentDecision
from apps.core.storage_aliases import LEDGER
from apps.helpline.models import HelpRequest
from apps.ledger.services.checkpoint_files import newest_checkpoint_file
from apps.linkage.models import LinkedRecord
from apps.notices.models import Notice
from apps.people.models import Guardian, Municipality, School, Student
from apps.vault.models import SubjectKey

# No other setting is written: each line was looked at, and none is a secret.
SETTINGS = (
    "ALLOWED_HOSTS", "CARD_UNUSED_DAYS", "CSRF_TRUSTED_ORIGINS", "DATABASE_LAYOUT",
    "DEFAULT_FROM_EMAIL", "EXTRA_FONTS", "LEDGER_COPY_URL",
    "LEDGER_COPY_MAIL", "LEDGER_URL", "MYNA_ISSUERS", "PLAIN_BACKENDS", "PORTAL_MODE",
    "PORTAL_URL", "PRIVATE_SERVERS", "SECURITY_EVENT_DAYS", "SELF_INFO_AUTHORISE_URL",
    "SELF_INFO_CA_FILE", "SELF_INFO_CERTIFICATE", "SELF_INFO_CLIENT_ID", "SELF_INFO_NOTIFY",
    "SELF_INFO_URL", "SIGN_IN_HOSTS", "SOURCE_HOSTS", "SOURCE_URL", "TRUSTED_PROXY_COUNT", "UPLOAD_URL",
    "VAPID_PUBLIC_KEY", "VAPID_SUBJECT",
)  # fmt: skip
RINGS = ("VAULT_KEYS", "SIGNING_KEYS")  # only the ids of their keys
COUNTED = (
    Municipality, School, Student, Guardian, ConsentDecision, SubjectKey, LinkedRecord, CheckIn,
    HelpRequest, Notice, AuditEvent,
)  # fmt: skip


def portal_facts() -> dict[str, Any]:
    """Everything of the portal that is worth reading beside its data. No secret."""
    return {
        "settings": {name: getattr(settings, name) for name in SETTINGS},
        "key_ids": {name: ring_ids(getattr(settings, name)) for name in RINGS},
        "rows": count_rows(),
        "checkpoint": newest_checkpoint_file(),
    }


def as_stream(facts: dict[str, Any]) -> io.BytesIO:
    """The facts as the JSON that is encrypted."""
    return io.BytesIO(json.dumps(facts, ensure_ascii=False, indent=1).encode())


def count_rows() -> dict[str, int]:
    """{table: how many rows}."""
    return {model._meta.db_table: model._default_manager.count() for model in COUNTED}


def ring_ids(text: str) -> list[str]:
    """The ids of the keys of a ring, the newest first."""
    return [one.partition(":")[0].strip() for one in text.split(",") if ":" in one]


def checkpoints_folder() -> Path | None:
    """The second place of the ledger where it is a folder of this machine, and not a bucket."""
    storage = storages[LEDGER]
    return Path(storage.location) if isinstance(storage, FileSystemStorage) else None


class TarStream:
    """A folder as a tar file that is read piece by piece."""

    def __init__(self, folder: Path):
        self._waiting = io.BytesIO()
        self._pieces = self._make(folder)

    def read(self, n: int = -1, /) -> bytes:
        """The next piece, whatever its size; none at the end."""
        return next(self._pieces, b"")

    def _make(self, folder) -> Iterator[bytes]:
        with tarfile.open(fileobj=self._waiting, mode="w|") as tar:
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    tar.add(path, path.relative_to(folder), recursive=False)
                if self._waiting.tell() > 1 << 20:
                    yield self._drain()
        yield self._drain()

    def _drain(self):
        data = self._waiting.getvalue()
        self._waiting.seek(0)
        self._waiting.truncate()
        return data
