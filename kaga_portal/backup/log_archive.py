"""The write-ahead log of the database, received as it is written and kept encrypted, for restores.

pg_receivewal streams it into a folder of this machine, by way of a replication slot, so that the
server keeps what was not received yet. From there each finished segment goes encrypted into the
backup folder, and the unfinished one every half minute: that much is lost at most.
"""

import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg

from kaga_portal.backup import manifests
from kaga_portal.backup.encryption import Part, decrypted, encrypt
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.source import SLOT, DatabaseSource

SEGMENT = re.compile(r"[0-9A-F]{24}")
HISTORY = re.compile(r"[0-9A-F]{8}\.history")
UNFINISHED = re.compile(r"([0-9A-F]{24})\.partial")
UNFINISHED_EVERY_S = 30.0
POLL_S = 0.5
COPY_CHUNK = 1 << 20
# Written so that there is something to receive after the position that is waited for.
MARK = "SELECT pg_current_wal_insert_lsn()::text, pg_logical_emit_message(true, 'kaga_portal', '')"


class LogFolder:
    """The encrypted log of one server in a backup folder. Files: NAME.TIME.gz.age and NAME.TIME.jws.

    NAME is the segment's, with ``.partial`` where it was not finished.
    """

    def __init__(self, root: Path, identifier: str):
        self.folder = root / "log" / identifier
        self._identifier = identifier

    def add(self, path: Path, recipients: list[Any]) -> None:
        """Keep a file of the log, then remove what it replaces. Raises BackupProblem, OSError."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        now = datetime.now(UTC)
        name = f"{path.name}.{now:%Y%m%dT%H%M%S%f}"
        with path.open("rb") as source:
            part = encrypt(source, self.folder / f"{name}.gz.age", recipients)
        content = {
            "identifier": self._identifier, "log": path.name, "made_at": now.isoformat(),
            "parts": manifests.parts_as_json([part]),
        }  # fmt: skip
        manifests.sign_manifest(self.folder / f"{name}.jws", manifests.LOG, content)
        for old in self.folder.glob(f"{path.name.removesuffix('.partial')}.*"):
            if not old.name.startswith(name) and not old.name.startswith("."):
                old.unlink(missing_ok=True)

    def names(self, first_segment: str) -> dict[str, str]:
        """{file of the log: the name under which it is kept} from a segment on, signed ones only."""
        found: dict[str, tuple[bool, str]] = {}
        for path in self.folder.glob("*.jws"):
            name, _, _ = path.stem.rpartition(".")
            is_whole = not name.endswith(".partial")
            log = name.removesuffix(".partial")
            if SEGMENT.fullmatch(log) and log[8:] < first_segment[8:]:
                continue
            found[log] = max(found.get(log, (False, "")), (is_whole, path.stem))
        return {log: kept for log, (_, kept) in sorted(found.items())}

    def open_into(self, folder: Path, log: str, kept: str, identities: list[Any]) -> None:
        """Write one file of the log, verified and opened. Raises BackupProblem, OSError."""
        manifest = manifests.read_manifest(self.folder / f"{kept}.jws", manifests.LOG)
        if manifest["identifier"] != self._identifier or not kept.startswith(manifest["log"] + "."):
            raise BackupProblem(f"{kept}.jws was signed for another file of the log.")
        part: Part = manifests.parts_of(manifest)[0]
        path = self.folder / f"{kept}.gz.age"
        manifests.verify_part(path, part)
        with decrypted(path, identities, part) as plain, (folder / log).open("wb") as out:
            while piece := plain.read(COPY_CHUNK):
                out.write(piece)


def find_gap(names: dict[str, str], first_segment: str) -> str | None:
    """The first segment (without its timeline) that is missing after the one that is needed first."""
    numbers = {_number(name) for name in names if SEGMENT.fullmatch(name)}
    if not numbers:
        return None
    first = _number(first_segment)
    for number in range(first + 1, max(numbers)):  # the first lies in the backup, too
        if number not in numbers:
            return f"{number // 256:08X}{number % 256:08X}"
    return None


def last_before_gap(names: dict[str, str], gap: str | None) -> str | None:
    """The last segment that can be replayed, where ``gap`` (of ``find_gap``) is missing."""
    numbers = {_number(name): name for name in names if SEGMENT.fullmatch(name)}
    before = [n for n in numbers if gap is None or n < _number("0" * 8 + gap)]
    return numbers[max(before)] if before else None


def _number(name):
    return int(name[8:16], 16) * 256 + int(name[16:24], 16)


class LogReceiver:
    """Receives the log of a server into ``spool`` and keeps it in the backup folder."""

    def __init__(
        self, source: DatabaseSource, root: Path, spool: Path, recipients: list[Any],
        tell: Callable[[str], None],
    ):  # fmt: skip
        self._source, self._recipients, self._tell = source, recipients, tell
        self._spool = spool / source.identifier
        self._log = LogFolder(root, source.identifier)
        self._unfinished: tuple[str, float] = ("", 0.0)
        self._output: IO[str] | None = None

    def receive_once(self) -> int:
        """Receive what has been written until now; how many files were kept. Raises BackupProblem."""
        n_kept = self._begin()
        end = self._mark()
        with self._start("--endpos", end) as process:
            process.wait()
        self._check(process)
        return n_kept + self._keep_finished() + self._keep_unfinished()

    def receive(self, is_stopped: Callable[[], bool], every: Callable[[], None]) -> None:
        """Receive until ``is_stopped``; ``every`` is called each half minute. Raises BackupProblem."""
        self._begin()
        with self._start() as process:
            try:
                due = time.monotonic()
                while not is_stopped() and process.poll() is None:
                    time.sleep(POLL_S)
                    self._keep_finished()
                    if time.monotonic() >= due:
                        due = time.monotonic() + UNFINISHED_EVERY_S
                        self._keep_unfinished()
                        every()
            finally:
                process.terminate()
        if not is_stopped():
            self._check(process)
        self._keep_finished()
        self._keep_unfinished()

    # -- pg_receivewal -----------------------------------------------------------------------

    def _begin(self):
        """Keep what an earlier run received, then begin where the slot says."""
        self._spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        n_kept = self._keep_finished() + self._keep_unfinished()
        for path in self._spool.iterdir():
            path.unlink()
        with self._start("--create-slot", "--if-not-exists") as process:
            process.wait()
        self._check(process)
        return n_kept

    def _start(self, *more):
        command = [
            str(self._source.programs / "pg_receivewal"), *self._source.arguments(),
            "-D", str(self._spool), "--slot", SLOT, *more,
        ]  # fmt: skip
        self._output = open(self._spool.with_name("pg_receivewal.log"), "w+")  # noqa: SIM115
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output,
            env=self._source.environment(), cwd="/",
        )  # fmt: skip

    def _check(self, process):
        self._output.seek(0)
        output = self._output.read().strip()
        self._output.close()
        if process.returncode:
            raise BackupProblem(f"pg_receivewal failed:\n{output}")

    def _mark(self):
        try:
            with self._source.connect() as connection:
                row = connection.execute(MARK).fetchone()
        except psycopg.Error as error:
            raise BackupProblem(f"The database does not answer: {str(error).strip()}") from error
        return row[0]

    # -- the backup folder -------------------------------------------------------------------

    def _keep_finished(self):
        n_kept = 0
        for path in sorted(self._spool.iterdir()):
            if SEGMENT.fullmatch(path.name) or HISTORY.fullmatch(path.name):
                self._keep(path)
                path.unlink()
                n_kept += 1
        return n_kept

    def _keep_unfinished(self):
        n_kept = 0
        for path in self._spool.iterdir():
            try:
                mark = (path.name, path.stat().st_mtime)
            except FileNotFoundError:  # finished meanwhile
                continue
            if UNFINISHED.fullmatch(path.name) and mark != self._unfinished:
                self._keep(path)
                self._unfinished = mark
                n_kept += 1
        return n_kept

    def _keep(self, path):
        try:
            self._log.add(path, self._recipients)
        except FileNotFoundError:
            return  # an unfinished segment that was finished while it was opened
        except OSError as error:
            raise BackupProblem(f"{path.name} cannot be kept: {error}") from error
        self._tell(f"log {path.name} is kept")
