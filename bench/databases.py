# ruff: noqa: PLC0415 - Django is imported once its database is there
"""The databases that are measured on: the one that all runs share, and one of a run's own."""

import os
import signal
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import psycopg

from bench.harness import ROOT
from kaga_portal import embedded
from kaga_portal.embedded_roles import APP_ROLE, SUPERUSER


def shared_database():
    """The embedded servers of the benches, their database migrated, for processes to be started."""
    _clean_up_when_terminated()
    os.environ["KAGA_INSTANCE"] = "bench"
    embedded.ensure("bench")
    for command in (["-m", "bench.migrate"], ["manage.py", "init_share_store", "--only-first"]):
        subprocess.run([sys.executable, *command], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def own_database(name):
    """Django on a fresh, migrated database of the embedded PostgreSQL; a folder of this run's own."""
    _clean_up_when_terminated()
    os.environ["KAGA_INSTANCE"] = "bench"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kaga_portal.settings")
    with tempfile.TemporaryDirectory(prefix="kaga-bench-") as folder:
        os.environ["KEY_SHARES_URL"] = f"file:{folder}/key-shares"
        os.environ["LEDGER_URL"] = f"file:{folder}/ledger"
        os.environ["UPLOAD_URL"] = f"file:{folder}/uploads"
        embedded.ensure("bench")
        server = os.environ["DATABASE_URL"].replace(f"//{APP_ROLE}@", f"//{SUPERUSER}@")
        _drop(server, name)
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        os.environ["DATABASE_URL"] = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
        from bench.in_process import set_up_django

        set_up_django()
        from django.core.management import call_command
        from django.db import connections

        from apps.core.triggers import grant_role
        from tests.quick_migrations import quick_migrations

        with quick_migrations():
            call_command("migrate", verbosity=0)
        grant_role(connections["default"], APP_ROLE)
        call_command("init_share_store", verbosity=0)
        try:
            yield Path(folder)
        finally:
            connections.close_all()
            _drop(server, name)


def _clean_up_when_terminated():
    """A run that is stopped (``timeout``, ``kill``) stops its servers, too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("The bench was stopped."))


def _drop(server, name):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
