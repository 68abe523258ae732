"""npm's http_ece, a widely used package, decrypts our push messages."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from apps.push import webpush
from tests.push.browser_keys import b64, keys
from tests.push.test_encoding import encoder, push_message

PACKAGE = "http_ece@1.2.1"


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """A folder with the package, installed by npm; skipped without node or npm's registry."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("node and npm are not installed")
    folder = tmp_path_factory.mktemp("node")
    process = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(folder), PACKAGE],
        cwd=folder, capture_output=True, timeout=120,
    )  # fmt: skip
    if process.returncode:
        pytest.skip(f"npm could not bring {PACKAGE}")
    return folder / "node_modules"


def opened(modules, body, private, auth):
    scalar = private.private_numbers().private_value.to_bytes(32, "big")
    output = subprocess.run(
        ["node", str(Path(__file__).with_name("decrypt.cjs"))],
        input=json.dumps({"body": b64(body), "scalar": b64(scalar), "auth": auth}),
        capture_output=True, text=True, check=True, env={**os.environ, "NODE_PATH": str(modules)},
    )  # fmt: skip
    return webpush._unb64(output.stdout)


@pytest.mark.parametrize("size", [0, 309, 2700])
def test_any_payload_is_opened_by_node(modules, size):
    private, p256dh, auth = keys()
    payload = os.urandom(size)
    body = encoder().encrypt(push_message((private, p256dh, auth)), payload)
    assert opened(modules, body, private, auth) == payload


def test_a_whole_push_message_is_opened_by_node(modules):
    device = keys()
    one = push_message(device, ack="a" * 64)
    output = json.loads(opened(modules, encoder().encode(one).body, device[0], device[2]))
    assert output["web_push"] == 8030
    assert output["notification"]["navigate"] == f"{settings.PORTAL_URL}/x/"
