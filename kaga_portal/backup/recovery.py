"""A copy of the database brought to a moment, in a new folder, by a PostgreSQL of its own."""

import os
import pwd
import re
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from kaga_portal.backup.encryption import CUT_OR_CHANGED, Part, decrypted
from kaga_portal.backup.problems import BackupProblem
from kaga_portal.backup.progress import PROGRESS_S, CountedStream, Progress
from kaga_portal.embedded import SYSTEM_USER

POLL_S = 0.1
START_TIMEOUT_S = 7 * 24 * 3600
# The folder's own settings may name an archive, libraries and files that are not here.
OPTIONS = (
    "listen_addresses=", "archive_mode=off", "shared_preload_libraries=", "ssl=off",
    "hot_standby=off", "lc_messages=C", "log_min_messages=log", "logging_collector=off",
    "log_destination=stderr", "primary_conninfo=", "primary_slot_name=",
)  # fmt: skip
CONFIGURATION = """\
restore_command = 'cp "{log}/%f" "%p"'
recovery_target_timeline = 'latest'
recovery_target_action = 'promote'
unix_socket_directories = '{sockets}'
hba_file = '{hba}'
ident_file = '{ident}'
"""
# What ALTER SYSTEM or a tool that restored before left for a recovery of another time.
RECOVERY_SETTING = re.compile(
    r"^\s*(restore_command|recovery_\w+|archive_cleanup_command|primary_\w+|standby_\w+)\b", re.I
)
REPLAYED = re.compile(r'restored log file "(\w+)" from archive')
LAST = re.compile(r"last completed transaction was at log time (.+)")
TOO_SHORT = "recovery ended before configured recovery target was reached"
NOT_REPLAYED = (
    "The log was not replayed to its end: {segment} was not read. Nothing was changed; "
    "--at names a moment before it."
)
LEFT_OVER = ("backup_manifest", "backup_label.old", "tablespace_map.old")


class Recovery:
    """One recovery: all that it writes lies in ``folder``, a new one."""

    def __init__(self, programs: Path, folder: Path, tell: Callable[[str], None]):
        self._programs, self.folder, self._tell = programs, folder, tell
        self.data, self.log = folder / "data", folder / "log"
        self._server_log = folder / "server.log"

    def make_folders(self) -> None:
        """Make the folders. Raises BackupProblem, OSError."""
        if os.geteuid() == 0:
            _check_server_may_enter(self.folder)
        for one in (self.folder, self.data, self.log):
            one.mkdir(mode=0o700, parents=True)

    def unpack(self, path: Path, identities: list[Any], n_bytes: int, part: Part) -> None:
        """Write the files of a copy and compare each with the server's own list. Raises BackupProblem."""
        progress = Progress("database", n_bytes, self._tell)
        try:
            with decrypted(path, identities, part) as plain:
                stream: Any = CountedStream(plain, progress)
                with tarfile.open(fileobj=stream, mode="r|", bufsize=1 << 20) as tar:
                    tar.extractall(self.data, filter="data")
        except (tarfile.TarError, *CUT_OR_CHANGED) as error:
            raise BackupProblem(f"{path} holds no whole copy: {error}.") from error
        except OSError as error:
            raise BackupProblem(f"The copy cannot be written: {error}.") from error
        self._give_to_server()
        done = self._run("pg_verifybackup", "--no-parse-wal", "--quiet", self.data)
        if done.returncode:
            raise BackupProblem(f"The copy is not what the server sent:\n{done.stdout.strip()}")

    def recover(self, moment: datetime | None, last_segment: str | None) -> str:
        """Bring the copy to the moment (None: to the end of the log), then stop the server.

        ``last_segment`` is the file of the log that must have been replayed at the end; None: there
        is none. Returns when the last transaction ended (text, "" where none came after the copy).
        Raises BackupProblem.
        """
        (self.data / "recovery.signal").touch(mode=0o600)
        changed = self._take_changed_settings()
        server_log = self._replay(moment)
        if moment is None and last_segment and last_segment not in REPLAYED.findall(server_log):
            raise BackupProblem(NOT_REPLAYED.format(segment=last_segment))
        for name in LEFT_OVER:
            (self.data / name).unlink(missing_ok=True)
        self._changed_settings.write_text("".join(changed))
        self._give_to_server()
        found = LAST.findall(server_log)
        return found[-1] if found else ""

    def _replay(self, moment):
        """Run a server until it has replayed the log to the moment; what it wrote in its own log."""
        sockets = Path(tempfile.mkdtemp(prefix="kaga-s-"))  # a socket's path may have 107 bytes
        try:
            is_started = self._start(moment, sockets) == 0
            is_ready = is_started and self._wait_until_ready()
            server_log = self._server_log.read_text("utf-8", "replace")
            if not is_ready:
                raise BackupProblem(_why(server_log, moment))
            return server_log
        finally:
            self._run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
            shutil.rmtree(sockets, ignore_errors=True)

    @property
    def _changed_settings(self):
        return self.data / "postgresql.auto.conf"

    def _take_changed_settings(self):
        """The lines of ALTER SYSTEM but those of a recovery; the file, which would win, is empty."""
        path = self._changed_settings
        lines = path.read_text("utf-8").splitlines(keepends=True) if path.exists() else []
        path.write_text("")
        return [line for line in lines if not RECOVERY_SETTING.match(line)]

    def _wait_until_ready(self):
        """Whether the server has reached the moment and was promoted; False where it ended before.

        pg_ctl does not wait for that: a server that replays counts as started.
        """
        began = told = time.monotonic()
        while (status := self._status()) not in ("", "ready"):
            time.sleep(POLL_S)
            if time.monotonic() - told >= PROGRESS_S:
                told = time.monotonic()
                self._tell(f"replaying the log: {told - began:.0f} s")
        return status == "ready"

    def _status(self):
        """The status in the server's postmaster.pid; "" where no server runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[7].strip() if psutil.pid_exists(int(lines[0])) else ""
        except FileNotFoundError:
            return ""
        except (IndexError, ValueError):  # it is just being written
            return "starting"

    def _start(self, moment, sockets):
        """Start the server that replays the log; what pg_ctl returns."""
        configuration = self.folder / "recovery.conf"
        hba, ident = self.folder / "hba.conf", self.folder / "ident.conf"
        hba.write_text("local all all trust\n")
        ident.write_text("")
        text = CONFIGURATION.format(log=self.log, sockets=sockets, hba=hba, ident=ident)
        if moment is not None:
            text += f"recovery_target_time = '{moment.astimezone(UTC).isoformat(sep=' ')}'\n"
        configuration.write_text(text)
        self._give_to_server()
        if os.geteuid() == 0:
            shutil.chown(sockets, SYSTEM_USER, SYSTEM_USER)
        options = " ".join(f"-c {one}" for one in OPTIONS) + f" -c config_file={configuration}"
        # no pipe: the server would inherit it and keep its reader waiting
        return self._run(
            "pg_ctl", "-D", self.data, "-w", "-t", START_TIMEOUT_S, "-l", self._server_log,
            "-o", options, "start", stdout=subprocess.DEVNULL,
        ).returncode  # fmt: skip

    def _give_to_server(self):
        """Give all files to the system user: PostgreSQL does not run as root."""
        if os.geteuid() != 0:
            return
        for folder, _, files in os.walk(self.folder):
            for path in (folder, *(os.path.join(folder, name) for name in files)):
                shutil.chown(path, SYSTEM_USER, SYSTEM_USER)

    def _run(self, program, *arguments, stdout=subprocess.PIPE):
        return subprocess.run(
            [self._programs / program, *map(str, arguments)], stdin=subprocess.DEVNULL,
            stdout=stdout, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
            start_new_session=True, **self._process_options(),
        )  # fmt: skip

    def _process_options(self):
        user = {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []}
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        return {"cwd": "/", "env": environment, **(user if os.geteuid() == 0 else {})}


def _check_server_may_enter(folder):
    """Raises BackupProblem where PostgreSQL's user may not enter a folder above."""
    for above in folder.parents:
        if not above.exists():
            continue
        found = above.stat()
        if not found.st_mode & 0o001 and found.st_uid != pwd.getpwnam(SYSTEM_USER).pw_uid:
            raise BackupProblem(
                f"{above} is closed to the user {SYSTEM_USER}, as whom PostgreSQL runs. Name a "
                "folder elsewhere, like /srv/restored."
            )


def _why(server_log, moment):
    """Why the server did not reach the moment, from what it wrote."""
    last = LAST.findall(server_log)
    if TOO_SHORT in server_log:
        end = f" It ends with a transaction of {last[-1]}." if last else ""
        return (
            f"The log does not reach {moment.isoformat() if moment else 'there'}.{end} Name an "
            "earlier moment, or leave out --at to restore as far as the log goes. Nothing was changed."
        )
    fatal = [line for line in server_log.splitlines() if "FATAL" in line or "PANIC" in line]
    return "PostgreSQL could not recover the copy:\n" + "\n".join(
        fatal[-3:] or [server_log[-2000:]]
    )
