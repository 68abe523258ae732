"""barman as docs/operations/backup.md configures it, with a PostgreSQL of its own."""

import configparser
import fcntl
import re
import shutil
import subprocess
import sys

import pytest
from django.conf import settings

from tests.peers.conftest import HOME

PAGE = settings.BASE_DIR / "docs" / "operations" / "backup.md"
PACKAGES = (
    "barman==3.19.1",
    "psycopg2-binary==2.9.13",
    "python-dateutil==2.9.0.post0",
    "six==1.17.0",
)
NAME = "kaga"


def fetched_barman():
    """The folder in which barman (GPL-3.0, tests only) is installed; skips where it cannot be."""
    if shutil.which("rsync") is None:
        pytest.skip("rsync is not installed, with which barman restores")
    folder = HOME / PACKAGES[0]
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".fetched").exists():
            done = subprocess.run(
                [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target",
                 folder / "site", *PACKAGES],
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            if done.returncode:
                pytest.skip(f"barman could not be fetched: {done.stderr.strip()[-200:]}")
            (folder / ".fetched").touch()
    return folder / "site"


class Barman:
    """One configuration of barman below ``folder``, for the server whose sockets are given."""

    def __init__(self, folder, sockets, programs):
        self.site, self.file = fetched_barman(), folder / "barman.conf"
        conf = configparser.ConfigParser()
        (text,) = re.findall(r"```ini\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
        conf.read_string(text)
        conf[NAME]["conninfo"] = f"host={sockets} user=kaga_backup dbname=kaga_portal"
        conf[NAME]["streaming_conninfo"] = f"host={sockets} user=kaga_backup"
        conf[NAME]["path_prefix"] = str(programs)
        conf["barman"] = {
            "barman_home": folder / "barman", "barman_lock_directory": folder,
            "barman_user": "root", "log_file": folder / "barman.log", "configuration_files_directory": folder,
        }  # fmt: skip
        with self.file.open("w") as file:
            conf.write(file)

    def run(self, *arguments):
        """What barman says; fails where it fails."""
        done = subprocess.run(
            self._command(arguments), env=self._env, cwd="/", capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
        return done.stdout

    def look(self, command):
        """What barman says of the server, whatever it thinks of it."""
        command = self._command([command, NAME])
        return subprocess.run(
            command, env=self._env, cwd="/", capture_output=True, text=True, check=False
        ).stdout

    def start(self, *arguments):
        """A barman that goes on until it is terminated."""
        return subprocess.Popen(
            self._command(arguments), env=self._env, cwd="/", stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def _env(self):
        return {"PYTHONPATH": str(self.site), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}

    def _command(self, arguments):
        program = "from barman.cli import main; main()"
        return [sys.executable, "-c", program, "-c", str(self.file), *map(str, arguments)]
