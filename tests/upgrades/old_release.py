"""Web and worker of the last release, started from its own code."""

import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.faults.conftest import kill, until
from tests.faults.whole_portal import free_port

WEB = """
import os, sys
from kaga_portal import web_server
arguments = web_server.server_arguments(int(sys.argv[1]), workers=1)
os.execv(sys.executable, [sys.executable, *arguments])
"""
WORKER = ["-m", "celery", "-A", "kaga_portal", "worker", "--loglevel", "INFO", "--concurrency", "1",
          "--without-mingle", "--without-gossip"]  # fmt: skip


class OldRelease:
    """Both processes, as a context manager; they end with it."""

    def __init__(self, code: Path, environment: dict[str, str]):
        self._code, self._environment = code, environment | {"PYTHONPATH": str(code)}
        self.port, self._running = free_port(), {}

    def __enter__(self):
        self._start("web", ["-c", WEB, str(self.port)])
        self._start("worker", WORKER)
        return self

    def __exit__(self, *_):
        for process in self._running.values():
            kill(process)

    def wait(self) -> None:
        """Wait until both do their work."""
        until(lambda: self._ended() or (self._answers() and " ready." in self.log("worker")))
        assert not self._ended(), self.log("web")[-2000:] + self.log("worker")[-2000:]

    def log(self, name: str) -> str:
        """What one of them wrote."""
        return (self._code / f"{name}.log").read_text()

    def _ended(self):
        return any(process.poll() is not None for process in self._running.values())

    def _start(self, name, arguments):
        with open(self._code / f"{name}.log", "wb") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, *arguments], cwd=self._code, env=self._environment, stdout=log,
                stderr=log, start_new_session=True,
            )  # fmt: skip

    def _answers(self):
        try:
            url = f"http://127.0.0.1:{self.port}/healthz"
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310
                return answer.status == 200
        except OSError:
            return False
