"""Every package that is installed is named with its version and the hashes of its files."""

import re
from importlib import metadata
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FILES = ("requirements", "requirements-dev", "requirements-tools")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[\w,-]+\])?==([^\s;\\]+)", re.MULTILINE)


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def pins(name):
    """{package: version} of a file."""
    return {re.sub(r"[-_.]+", "-", p).lower(): version for p, version in PIN.findall(text(name))}


@pytest.mark.parametrize("name", FILES)
def test_each_package_has_a_version_and_a_hash(name):
    entries = re.split(r"(?m)^(?=[A-Za-z0-9])", text(f"{name}.txt"))[1:]
    assert len(entries) >= len(pins(f"{name}.in"))
    assert [entry.split()[0] for entry in entries if "==" not in entry.split()[0]] == []
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("name", FILES)
def test_what_is_named_is_pinned_as_it_is_named(name):
    assert pins(f"{name}.in").items() <= pins(f"{name}.txt").items()


def test_tests_run_with_what_the_portal_runs_on():
    assert pins("requirements.txt").items() <= pins("requirements-dev.txt").items()


def test_what_is_installed_is_what_is_pinned():
    wanted = pins("requirements.in")
    assert {name: metadata.version(name) for name in wanted} == wanted


def test_make_installs_nothing_without_a_hash():
    installs = [line for line in text("Makefile").splitlines() if "pip install" in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line for line in installs)
