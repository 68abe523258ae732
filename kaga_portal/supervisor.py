"""Runs the processes of a trial portal and prints its URLs."""

import fcntl
import json
import os
import shlex
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from apps.core.municipality_scope import everywhere
from kaga_portal import web_server
from kaga_portal.demo import sign_ins
from kaga_portal.embedded import SYSTEM_HOME
from kaga_portal.processes import ProcessGroup

START_TIMEOUT_S = 60
PORT_NAMES = ("web", "lrs", "push", "myna")


class Supervisor:
    """One trial portal: stand-ins first, then data, then web, worker and beat."""

    def __init__(self, *, first_port, out):
        self.out = out
        self.var = settings.BASE_DIR / "var"
        self.var.mkdir(exist_ok=True)
        Path(settings.STATIC_ROOT).mkdir(
            parents=True, exist_ok=True
        )  # else each web process warns about it
        self.ports = self._choose_ports(first_port)

    def run(self):
        if os.geteuid() == 0:
            self.out.write(
                f"Running as root: PostgreSQL keeps its data under {SYSTEM_HOME} "
                "as the system user kaga_portal."
            )
        self._set_environment()
        call_command("migrate", verbosity=0)
        call_command("init_share_store", only_first=True, verbosity=0)
        commands = {**self._stand_ins(), **self._portal()}
        # Web and workers know no role that may change tables; what keeps the log copies the server.
        commands = {
            name: command if name == "log" else f"env -u OWNER_DATABASE_URL {command}"
            for name, command in commands.items()
        }
        running = ProcessGroup(commands, _line_printer(max(map(len, commands))))
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: running.stop())
        threading.Thread(target=self._welcome, daemon=True).start()
        running.run()

    # -- processes ---------------------------------------------------------------------------

    def _stand_ins(self):
        manage = (
            f"{shlex.quote(sys.executable)} {shlex.quote(str(settings.BASE_DIR / 'manage.py'))}"
        )
        sandbox = self.var / "sandbox"
        sandbox.mkdir(exist_ok=True)
        return {
            "lrs": f"{manage} sandbox_lrs --port {self.ports['lrs']} --file {sandbox}/lrs.sqlite3",
            "push-service": f"{manage} sandbox_push --port {self.ports['push']} --file {sandbox}/push.sqlite3",
            "myna": f"{manage} sandbox_mynaportal --port {self.ports['myna']}",
        }

    def _portal(self):
        python = shlex.quote(sys.executable)
        celery = f"{python} -m celery -A kaga_portal"
        worker = f"{celery} worker --loglevel WARNING"
        return {
            "web": f"{python} {shlex.join(web_server.server_arguments(self.ports['web']))}",
            "help": f"{worker} -n help@%h -Q help --concurrency 1",
            "mail": f"{worker} -n mail@%h -Q mail --concurrency 2",
            "push": f"{worker} -n push@%h -Q push --concurrency 2",
            "worker": f"{worker} -n worker@%h -Q followups,imports,sweeps --concurrency 2",
            "beat": f"{celery} beat --loglevel WARNING --pidfile=",
            **self._backups(),
        }

    def _backups(self):
        """The log of the database is kept where a backup folder is named."""
        if not (settings.BACKUP_FOLDER and settings.BACKUP_PUBLIC_KEYS):
            return {}
        manage = settings.BASE_DIR / "manage.py"
        return {"log": f"{shlex.quote(sys.executable)} {shlex.quote(str(manage))} archive_log"}

    def _set_environment(self):
        os.environ.update(
            PYTHONUNBUFFERED="1",
            PORTAL_URL=f"http://localhost:{self.ports['web']}",
            LRS_SANDBOX_URL=f"http://127.0.0.1:{self.ports['lrs']}/xapi",
            PUSH_SANDBOX_ORIGIN=f"http://127.0.0.1:{self.ports['push']}",
            SELF_INFO_SANDBOX_URL=f"http://127.0.0.1:{self.ports['myna']}",
        )
        for name in (
            "PORTAL_URL", "LRS_SANDBOX_URL", "PUSH_SANDBOX_ORIGIN", "SELF_INFO_SANDBOX_URL",
        ):  # fmt: skip
            setattr(settings, name, os.environ[name])

    # -- ports -------------------------------------------------------------------------------

    def _choose_ports(self, first):
        """The ports of the last run if they are free (a push endpoint contains one), else free
        ones that no other instance here has chosen.
        """
        file = self.var / f"ports-{os.environ.get('KAGA_INSTANCE', 'portal')}.json"
        with (self.var / "ports.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            chosen = {path: json.loads(path.read_text()) for path in self.var.glob("ports-*.json")}
            ports = chosen.pop(file, {})
            of_others = {port for each in chosen.values() for port in each.values()}
            if set(ports) != set(PORT_NAMES) or not all(
                _is_free(port) and port not in of_others for port in ports.values()
            ):
                free = (n for n in range(first, first + 500) if n not in of_others and _is_free(n))
                ports = {name: next(free) for name in PORT_NAMES}
                file.write_text(json.dumps(ports))
        return ports

    # -- output ------------------------------------------------------------------------------

    def _welcome(self):
        try:
            for url in (f"http://127.0.0.1:{self.ports[name]}/" for name in PORT_NAMES[1:]):
                _wait_for(url)
            call_command("demo", stdout=self.out)
            _wait_for(f"http://127.0.0.1:{self.ports['web']}/healthz")
            with everywhere("portal"):
                self.out.write(sign_ins.sign_ins_as_text())
        # the command that started us continues: say why the sign-ins are missing
        except Exception as error:
            self.out.write(f"The demo could not be set up: {error!r}")


def _line_printer(width):
    """A function that prints (name, line) with time and name."""

    def write(name, line):
        print(f"{time.strftime('%H:%M:%S')} {name:{width}} | {line}", flush=True)  # noqa: T201

    return write


def _is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


def _wait_for(url):
    """Return once anything answers at ``url``; raises TimeoutError after PATIENCE_S."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310 - our own loopback
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"nothing answers at {url}")
