"""A database of the test server for the data of a release, and what a process of it is told."""

import gzip
import json
import os
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from pathlib import Path

import psycopg

from kaga_portal.embedded import ServerFolders
from kaga_portal.embedded_roles import APP_ROLE, OWNER_ROLE, SUPERUSER

KEPT = Path(__file__).parent / "last_release"
CODE = Path(__file__).resolve().parents[2]
FACTS, DUMP, FOLDERS, SECRETS = "facts.json", "database.sql.gz", "folders.tar.gz", "secrets.env"
PLACES = {"KEY_SHARES_URL": "shares", "LEDGER_URL": "ledger"}


class ReleaseDatabase:
    """One database; ``folder`` holds the places for files that belong to it."""

    def __init__(self, name: str, folder: Path):
        self.name, self.folder = name, folder

    def url(self, role: str, name: str = "") -> str:
        """Its URL for a role."""
        server = os.environ["OWNER_DATABASE_URL"].partition("@")[2].rpartition("/")[0]
        return f"postgres://{role}@{server}/{name or self.name}"

    def environment(self, redis_url: str) -> dict[str, str]:
        """The environment of a process of the release: its secrets, roles and places."""
        lines = (KEPT / SECRETS).read_text().splitlines()
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            **dict(line.split("=", 1) for line in lines),
            "DJANGO_SETTINGS_MODULE": "kaga_portal.settings",
            "PORTAL_MODE": "test",
            "DATABASE_URL": self.url(APP_ROLE),
            "OWNER_DATABASE_URL": self.url(OWNER_ROLE),
            "REDIS_URL": redis_url,
            **{name: f"file:{self.folder / place}" for name, place in PLACES.items()},
        }

    def rows(self, statement: str) -> list:
        """What a query finds, past every policy."""
        with psycopg.connect(self.url(SUPERUSER)) as connection:
            return connection.execute(statement).fetchall()

    def keep(self, release: str, facts: dict) -> None:
        """Keep the database and its places as the data of a release."""
        dump = self._run("pg_dump", "--no-owner").stdout
        with gzip.GzipFile(KEPT / DUMP, "wb", mtime=0) as file:
            file.write(dump.encode())
        with tarfile.open(KEPT / FOLDERS, "w:gz") as archive:
            for place in PLACES.values():
                archive.add(self.folder / place, place)
        commit = _git("rev-parse", "HEAD").strip()
        text = json.dumps({"release": release, "commit": commit, **facts}, indent=2)
        (KEPT / FACTS).write_text(f"{text}\n")

    def restore(self) -> dict:
        """Fill the database and the folders with what was kept; the facts about it."""
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", role=OWNER_ROLE,
                  stdin=gzip.decompress((KEPT / DUMP).read_bytes()).decode())  # fmt: skip
        with tarfile.open(KEPT / FOLDERS) as archive:
            archive.extractall(self.folder, filter="data")
        return json.loads((KEPT / FACTS).read_text())

    def _run(self, program, *options, role=SUPERUSER, stdin=""):
        programs = ServerFolders("test").programs
        return subprocess.run(
            [programs / program, *options, "-d", self.url(role)], input=stdin, text=True,
            capture_output=True, check=True,
        )  # fmt: skip


@contextmanager
def new_database(name: str, folder: Path):
    """A ReleaseDatabase that is empty and belongs to the owner; dropped afterwards."""
    made = ReleaseDatabase(name, folder)
    with psycopg.connect(made.url(SUPERUSER, "postgres"), autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}" OWNER {OWNER_ROLE} TEMPLATE template0')
        try:
            yield made
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def code_of_release(commit: str, folder: Path) -> bool:
    """Put the code of a commit into a folder; False where this copy of the repository lacks it."""
    found = subprocess.run(["git", "cat-file", "-e", commit], cwd=CODE, check=False,
                           capture_output=True)  # fmt: skip
    if found.returncode:
        return False
    archive = folder.with_suffix(".tar")
    _git("archive", "--output", str(archive), commit)
    with tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    return True


def run_step(name: str, environment: dict, code: Path = CODE) -> dict:
    """What a step prints as its last line (JSON), run with this code."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(f"{name}.py"))], cwd=code, text=True,
        env=environment | {"PYTHONPATH": str(code)}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return json.loads(done.stdout.splitlines()[-1])


def _git(*arguments):
    return subprocess.run(["git", *arguments], cwd=CODE, check=True, capture_output=True,
                          text=True).stdout  # fmt: skip
