"""Checkpoints that another party keeps: the file with the newest one, and comparing with an old file.

A statement names the digest of the one before it. So whoever holds one file can see, of everything
before it, whether this database still says the same.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.timezone import localtime

from apps.ledger.findings import LedgerFinding
from apps.ledger.models import Checkpoint
from apps.ledger.services.chains import signing_ring
from apps.ledger.services.checkpoints import statement_digest
from apps.ledger.signatures import InvalidSignature, public_key_set, verify_json

FORMAT = "kaga-portal checkpoint 1"
LINE = 76  # characters of a signed statement in a line: mail does not break it
BEGINNING = re.compile(rb'\{\s*"format"')
MOST_BYTES = 4_000_000  # a statement about ten thousand schools is a third of it


class BadCheckpointFile(Exception):
    """The file is no checkpoint of this portal; the message says why."""


@dataclass(frozen=True)
class GivenCheckpoint:
    """What a file says: the number and time of a checkpoint, and its signed statement."""

    number: int
    at: datetime
    statement: str

    def __str__(self) -> str:
        return f"checkpoint {self.number} of {localtime(self.at):%Y-%m-%d %H:%M}"


def newest_checkpoint_file() -> str:
    """The file with the newest checkpoint, as JSON; empty before the first."""
    newest = Checkpoint.objects.order_by("-pk").first()
    if newest is None:
        return ""
    statement = newest.statement
    said = {
        "format": FORMAT,
        "portal": settings.PORTAL_URL,
        "number": newest.pk,
        "at": newest.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "sha256": statement_digest(statement),
        "statement": [statement[at : at + LINE] for at in range(0, len(statement), LINE)],
        "keys": public_key_set(signing_ring())["keys"],
    }
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def parse_file(data: bytes) -> GivenCheckpoint:
    """What a file says, its signature verified. Raises BadCheckpointFile.

    What stands around the JSON, as in a saved mail, is passed over.
    """
    if len(data) > MOST_BYTES:
        raise BadCheckpointFile(f"The file is larger than {MOST_BYTES:,} bytes: no checkpoint is.")
    if not data.strip():
        raise BadCheckpointFile("The file is empty.")
    said = _json(data)
    if said.get("format") != FORMAT:
        raise BadCheckpointFile(f"The file does not say that it is a “{FORMAT}”.")
    lines = said.get("statement")
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise BadCheckpointFile("The file holds no signed statement.")
    statement = "".join(lines)
    if said.get("sha256") != statement_digest(statement):
        raise BadCheckpointFile("The signed statement is not whole: its digest is another one.")
    return _given(said, statement)


def _json(data: bytes) -> dict[str, Any]:
    found = BEGINNING.search(data)
    begin, end = found.start() if found else data.find(b"{"), data.rfind(b"}")
    try:
        said = json.loads(data[begin : end + 1].decode()) if begin >= 0 else None
    except (ValueError, RecursionError):  # not UTF-8 is a ValueError, too
        said = None
    if not isinstance(said, dict):
        raise BadCheckpointFile("The file is no JSON, or was cut off.")
    return said


def _given(said: dict[str, Any], statement: str) -> GivenCheckpoint:
    try:
        payload = verify_json(signing_ring(), statement)
        return GivenCheckpoint(
            int(payload["number"]), datetime.fromtimestamp(payload["at"], tz=UTC), statement
        )
    except InvalidSignature as error:
        portal = str(said.get("portal"))[:200]
        raise BadCheckpointFile(
            "No key of SIGNING_KEYS signed the checkpoint: it was altered, or it is another "
            f"portal's. The file says {portal}, this portal is {settings.PORTAL_URL}."
        ) from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadCheckpointFile("What this portal signed there is no checkpoint.") from error


def differences(given: GivenCheckpoint) -> list[LedgerFinding]:
    """Why this database does not extend what the file says; nothing where it does.

    That the statements before it, and all that they speak of, are there as well is for verify_ledger.
    """
    row = Checkpoint.objects.filter(pk=given.number).first()
    if row is not None and row.statement == given.statement:
        return []
    if row is None:
        newest = Checkpoint.objects.order_by("-pk").values_list("pk", flat=True).first()
        what = (
            f"is not in this database, whose newest checkpoint is {newest or 'none'}: it was set "
            "back or cut off, or it is another one"
        )
    else:
        what = "is another one in this database: what was recorded was written anew"
    return [LedgerFinding(f"the file's {given}", what + _acknowledged(given.number))]


def _acknowledged(number: int) -> str:
    """What a later statement says about a restore that gave up this number."""
    for row in Checkpoint.objects.filter(pk__gt=number).order_by("pk").iterator():
        restored = _rollback(row.statement)
        if restored and restored["to"] < number:
            return (
                f". Checkpoint {row.pk} says that the database was set back to checkpoint "
                f"{restored['to']}: {restored['reason']}"
            )
    return ""


def _rollback(statement: str) -> dict[str, Any] | None:
    try:
        return verify_json(signing_ring(), statement).get("rollback")
    except InvalidSignature:
        return None
