"""The list of ended keys, kept with the shares: what a restored database does not know.

One line a key: its id, its student's, its purpose (a code) and when it ended; no content. Lines are
only added, and are on disk before the share is overwritten. A line left unfinished by a power cut
is skipped: its share still exists, and the sweep writes the line again.

Pure: no Django, no database.
"""

import errno
import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

FILE_NAME = "erased-keys"
CHECK_BYTES = 6


class Erasure(NamedTuple):
    """That a key ended: a withdrawal, or another end that was final."""

    key_id: UUID
    student_id: UUID
    purpose: str
    ended_at: datetime


def append_erasures(folder: Path, erasures: Iterable[Erasure]) -> None:
    """Append lines and flush them to disk. Raises OSError."""
    lines = "".join(f"\n{erasure_line(each)}\n" for each in erasures).encode()
    if not lines:
        return
    is_new = not (folder / FILE_NAME).exists()
    descriptor = os.open(folder / FILE_NAME, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        if os.write(descriptor, lines) != len(lines):
            raise OSError(errno.ENOSPC, "the list of ended keys was not written whole")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if is_new:
        _sync_folder(folder)


def _sync_folder(folder):
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_erasures(folder: Path) -> Iterator[Erasure]:
    """Every whole line, oldest first; nothing where there is no list. Raises OSError."""
    try:
        with open(folder / FILE_NAME, encoding="ascii", errors="replace") as lines:
            for line in lines:
                if (erasure := read_erasure_line(line)) is not None:
                    yield erasure
    except FileNotFoundError:
        return


def erasure_line(erasure: Erasure) -> str:
    """What the list says of a key, with a checksum."""
    text = " ".join(
        (str(erasure.key_id), str(erasure.student_id), str(erasure.purpose) or "-",
         erasure.ended_at.isoformat())
    )  # fmt: skip
    return f"{text} {_check(text)}"


def read_erasure_line(line: str) -> Erasure | None:
    """What a line says; None where it is not whole."""
    text, _, check = line.strip().rpartition(" ")
    if not text or check != _check(text):
        return None
    key_id, student_id, purpose, ended_at = text.split(" ")
    return Erasure(UUID(key_id), UUID(student_id), purpose, datetime.fromisoformat(ended_at))


def _check(text):
    return blake2b(text.encode(), digest_size=CHECK_BYTES).hexdigest()
