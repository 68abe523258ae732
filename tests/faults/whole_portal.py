"""A whole portal of its own, as ``make run`` has: servers, web, four workers, beat."""

import atexit
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import psutil

from kaga_portal import embedded, web_server
from kaga_portal.processes import ProcessGroup

CELERY = "-m celery -A kaga_portal"
WORKERS = {"worker": "followups,imports,sweeps", "help": "help", "push": "push", "mail": "mail"}
ERROR_PAGE = re.compile(r"Internal Server Error: (\S+)")
LAST_LINE = re.compile(r"^[\w.]+(Error|Exception|Away|Refused|Interrupt|Lost|Exit)\b.*")


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def prepare(mail_url: str) -> Path:
    """Bring up servers of this run alone and set its environment; the folder of its files.

    Everything is stopped and removed when this process ends. Call it before Django is set up.
    """
    instance = f"faults{os.getpid()}"
    folder = Path(tempfile.mkdtemp(prefix="kaga-faults-"))
    place = embedded.ServerFolders(instance)
    atexit.register(_remove, folder, place, instance)  # runs after the servers have stopped
    for name in ("shares", "ledger", "inbox"):
        (folder / name).mkdir()
    os.environ.update(
        KAGA_INSTANCE=instance,
        PORTAL_MODE="demo",
        KEY_SHARES_URL=f"file:{folder}/shares",
        LEDGER_URL=f"file:{folder}/ledger",
        UPLOAD_URL=f"file:{folder}/uploads",
        SOURCE_URL=f"file:{folder}/inbox",
        EMAIL_URL=mail_url,
        PYTHONUNBUFFERED="1",
        DJANGO_SETTINGS_MODULE="kaga_portal.settings",
    )
    for name in ("DATABASE_URL", "REDIS_URL", "CACHE_URL"):
        os.environ.pop(name, None)
    embedded.ensure(instance)
    return folder


def _remove(folder, place, instance):
    shutil.rmtree(folder, ignore_errors=True)
    for path in (place.home, place.sockets):
        shutil.rmtree(path, ignore_errors=True)
    for path in (embedded.BASE_DIR / "var").glob(f"*{instance}*"):
        path.unlink(missing_ok=True)


class Valkey:
    """The embedded broker and cache, which can be killed and started."""

    def __init__(self):
        self._place = embedded.ServerFolders(os.environ["KAGA_INSTANCE"])

    def kill(self, *, loses_all: bool = False) -> None:
        """kill -9; with ``loses_all`` everything that was in it is gone."""
        process = psutil.Process(int((self._place.redis_data / "valkey.pid").read_text()))
        process.kill()
        process.wait()
        if loses_all:
            shutil.rmtree(self._place.redis_data / "appendonlydir", ignore_errors=True)

    def start(self) -> None:
        """Start it again at its address."""
        self._place.start_valkey()


class Portal:
    """The processes under their supervisor; their output is counted and kept in a file."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.restarts, self.errors, self.words = Counter(), Counter(), Counter()
        self.beat_file = Path(folder / "beat")
        self._log = open(folder / "portal.log", "w")  # noqa: SIM115 - open as long as the run
        self._processes = ProcessGroup(self._commands(), self._hear)
        self._thread = threading.Thread(target=self._processes.run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._processes.stop()
        self._thread.join()
        self._log.close()

    def kill(self, name: str, *, child: bool = False) -> None:
        """kill -9 of a process (or of one of its children); nothing where it is down already."""
        pid = self._processes.pid_of(name)
        if pid is None:
            return
        try:
            children = psutil.Process(pid).children() if child else []
            os.kill(children[0].pid if children else pid, signal.SIGKILL)
        except (ProcessLookupError, psutil.NoSuchProcess):
            return

    def is_up(self, name: str) -> bool:
        """Whether the process runs just now."""
        return self._processes.pid_of(name) is not None

    def _commands(self):
        python = sys.executable
        worker = f"{python} {CELERY} worker --loglevel WARNING --concurrency 1"
        beat = f"{python} {CELERY} beat --loglevel WARNING --pidfile= --schedule {self.beat_file}"
        return {
            "web": f"{python} {' '.join(web_server.server_arguments(self.port))}",
            **{name: f"{worker} -n {name}@%h -Q {queue}" for name, queue in WORKERS.items()},
            "beat": beat,
        }

    def _hear(self, name, line):
        print(f"{time.strftime('%H:%M:%S')} {name:10} | {line}", file=self._log, flush=True)
        if name == "system" and "is started again" in line:
            self.restarts[line.partition(" ")[0]] += 1
        if found := ERROR_PAGE.search(line):
            self.errors[f"web at {found[1]}"] += 1
        elif LAST_LINE.match(line):
            self.errors[f"{name}: {line[:100]}"] += 1


def manage(*args: str) -> None:
    """Run a management command to its end. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", *args]
    subprocess.run(command, cwd=embedded.BASE_DIR, check=True, stdout=subprocess.DEVNULL)
