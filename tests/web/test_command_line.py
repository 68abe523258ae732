"""The command line says in one sentence that the database has no tables yet."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from kaga_portal.migration_state import MISSING_TABLES, has_unapplied_migrations

ROOT = Path(__file__).resolve().parents[2]
NAME = f"kaga_empty_{os.getpid()}"


@pytest.fixture
def empty_database():
    """The URL of a new database without tables, on the tests' own server."""
    with psycopg.connect(os.environ["OWNER_DATABASE_URL"], autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
        yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{NAME}"
        owner.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def manage(url, *arguments):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def test_a_command_before_migrate_ends_with_one_sentence(empty_database):
    done = manage(empty_database, "first_two", "999999")
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == f"manage.py: {MISSING_TABLES}"
    assert "Traceback" not in done.stderr


def test_a_migrated_database_has_no_unapplied_migration(db):
    assert not has_unapplied_migrations()
