"""The copy of a running database server: pg_basebackup, compressed and encrypted as it arrives."""

import re
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import psycopg

from kaga_portal.backup.encryption import Part, encrypt
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.progress import CountedStream, Progress
from kaga_portal.backup.source import DatabaseSource

START = re.compile(r"write-ahead log start point: ([0-9A-F/]+) on timeline (\d+)")
# What the copy needs of the log stays until it ended; the slot goes with the connection.
HOLD_LOG = "SELECT pg_create_physical_replication_slot(%s, true, true)"
SEGMENT_BYTES = 16 * 1024 * 1024


class DatabaseCopy(NamedTuple):
    """A copy: its file, its bytes before compression, the first segment of the log that it needs."""

    part: Part
    n_bytes: int
    first_segment: str


def copy_database(
    source: DatabaseSource, path: Path, recipients: list[Any], tell: Callable[[str], None]
) -> DatabaseCopy:
    """Copy all of the server into ``path``. Raises BackupProblem."""
    progress = Progress("database", source.n_bytes, tell)
    try:
        with source.connect() as holder, tempfile.TemporaryFile("w+") as stderr:
            holder.execute(HOLD_LOG, [f"kaga_portal_copy_{holder.info.backend_pid}"])
            with _start_copy(source, stderr) as process:
                try:
                    part = encrypt(CountedStream(process.stdout, progress), path, recipients)
                finally:
                    process.stdout.close()
            stderr.seek(0)
            messages = stderr.read()
    except psycopg.Error as error:
        raise BackupProblem(f"The database cannot be copied: {str(error).strip()}") from error
    start = START.search(messages)
    if process.returncode or start is None:
        raise BackupProblem(f"pg_basebackup failed:\n{messages.strip()}")
    return DatabaseCopy(part, progress.n_bytes, segment_name(start[1], int(start[2])))


def _start_copy(source, stderr):
    """pg_basebackup, which writes the copy to its standard output."""
    command = [
        str(source.programs / "pg_basebackup"), *source.arguments(), "-D", "-", "-F", "tar",
        "-X", "fetch", "--checkpoint", "fast", "--label", "kaga_portal", "--verbose",
    ]  # fmt: skip
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
        env=source.environment(), cwd="/",
    )  # fmt: skip


def segment_name(position: str, timeline: int) -> str:
    """The name of the segment of the log in which a position (like 0/2000028) lies."""
    high, _, low = position.partition("/")
    return f"{timeline:08X}{int(high, 16):08X}{int(low, 16) // SEGMENT_BYTES:08X}"
