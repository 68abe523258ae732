"""Hosts of one portal: each with its own copy of the code, its own folders, web, worker and beat."""

import itertools
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

from django.conf import settings
from requests.cookies import cookiejar_from_dict

from kaga_portal import web_server
from tests.faults.conftest import kill, until
from tests.faults.simulated_users import Person
from tests.faults.two_networks import Networks
from tests.faults.whole_portal import free_port

CODE = ("apps", "kaga_portal", "templates", "static", "locale")
SECRETS = (
    "SECRET_KEY", "VAULT_KEYS", "SIGNING_KEYS", "VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY",
    "VAPID_SUBJECT", "DEMO_SEED",
)  # fmt: skip
# The portal as these hosts run it: every day is a working day, and the schedule runs every two seconds.
ANY_DAY = """
import jpholiday
jpholiday.is_holiday = lambda day: False
"""
ON_ANY_DAY = {
    "any_day_web.py": f"{ANY_DAY}\nfrom kaga_portal.asgi import application",
    "any_day.py": f"""{ANY_DAY}
import os
from kaga_portal.celery import app
tasks = os.environ["TASKS"].split(",")
app.conf.beat_schedule = {{name: {{"task": name, "schedule": 2.0}} for name in tasks}}
""",
}
KINDS = ("web", "worker", "beat")


class Host:
    """One of two hosts, ``number`` 0 or 1; its processes are started and killed by their kind."""

    def __init__(self, number: int, folder: Path, networks: Networks, hidden: list[Path]):
        self.folder, self._running, self._n_logs = folder, {}, 0
        self._entering = networks.entering(number, hidden)
        self.address, self.port = networks.address_of(number), free_port()
        self.url = f"http://{self.address}:{self.port}"

    def install(self, environment: dict[str, str]) -> None:
        """Copy the code, make the host's own folders, and keep what its processes are told."""
        for name in CODE:
            shutil.copytree(settings.BASE_DIR / name, self.folder / name)
        for name in ("var", "tmp"):
            (self.folder / name).mkdir(mode=0o700)
        for name, code in ON_ANY_DAY.items():
            (self.folder / name).write_text(code)
        self._environment = {
            **{name: os.environ[name] for name in SECRETS if name in os.environ},
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder / "tmp"),
            "DJANGO_SETTINGS_MODULE": "kaga_portal.settings",
            "PORTAL_MODE": "test",
            **environment,
        }

    def start(self, kind: str) -> None:
        """Start its web server, worker or beat; returns at once."""
        self._n_logs += 1
        self.log = self.folder / f"{kind}-{self._n_logs}.log"
        with open(self.log, "wb") as log:
            process = subprocess.Popen(
                [*self._entering, sys.executable, *self._arguments(kind)], cwd=self.folder,
                env=self._environment, start_new_session=True, stdout=log, stderr=log,
            )  # fmt: skip
        self._running[kind] = process, self.log

    def kill(self, kind: str) -> None:
        """kill -9 of it and everything it started; nothing where it never ran."""
        if kind in self._running:
            kill(self._running.pop(kind)[0])

    def wait_for(self, kind: str) -> None:
        """Wait until it does its work."""
        process, log = self._running[kind]
        is_up = {
            "web": self._answers,
            "worker": lambda: " ready." in log.read_text(),
            "beat": lambda: "beat: Starting" in log.read_text(),
        }[kind]
        until(lambda: process.poll() is not None or is_up())
        assert process.poll() is None, f"{kind} ended: {log.read_text()[-2000:]}"

    def logs(self) -> str:
        """What all its processes wrote."""
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def _arguments(self, kind):
        if kind == "web":
            arguments = web_server.server_arguments(self.port, workers=1, host=self.address)
            return [
                "any_day_web:application" if a.endswith(":application") else a for a in arguments
            ]
        celery = ["-m", "celery", "-A", "any_day"]
        if kind == "beat":
            return [*celery, "beat", "--loglevel", "INFO", "--pidfile="]
        name = f"worker@{self.folder.name}"
        return [*celery, "worker", "--loglevel", "INFO", "-n", name, "--concurrency", "1",
                "--without-mingle", "--without-gossip"]  # fmt: skip

    def _answers(self):
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except OSError:
            return False


class PersonOfBoth(Person):
    """A browser whose requests go to each of these hosts in turn, as behind a load balancer."""

    def __init__(self, hosts, tally, client, row=None):
        key = client.session.session_key
        super().__init__(0, tally, key, settings.SESSION_COOKIE_NAME, row)
        self._urls = itertools.cycle([host.url for host in hosts])

    def _once(self, *request):
        self._base = next(self._urls)
        cookies = {cookie.name: cookie.value for cookie in self._line.cookies}
        self._line.cookies = cookiejar_from_dict(cookies)  # the balancer has one address
        return super()._once(*request)
