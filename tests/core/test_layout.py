"""Migrations run only on a database that was begun with their layout; another one stays untouched."""

import os
import subprocess
import sys
import uuid

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from apps.core.layout import keep_one_layout
from tests.database_roles import as_owner


def noted():
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description('django_migrations'::regclass, 'pg_class')")
        return cursor.fetchone()[0]


def test_a_migrated_database_names_its_layout(db):
    assert noted() == settings.DATABASE_LAYOUT


@pytest.mark.parametrize("comment", ["'2026-11-01'", "NULL"])
def test_a_database_of_another_layout_is_refused(db, comment):
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"COMMENT ON TABLE django_migrations IS {comment}")
    before = noted()
    with pytest.raises(CommandError, match="Name an empty database in DATABASE_URL"):
        call_command("migrate", verbosity=0)
    assert noted() == before


def test_an_empty_database_takes_the_layout(db):
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE django_migrations")
        keep_one_layout(connection, "a layout")
        keep_one_layout(connection, "a layout")
    assert noted() == "a layout"


@pytest.fixture
def elsewhere():
    """The options of psycopg, and the URL, of a database left by an older version."""
    name, own = f"older_{uuid.uuid4().hex[:8]}", settings.DATABASES["default"]
    server = {
        key: own[key.upper()] for key in ("host", "port", "user", "password") if own[key.upper()]
    }
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as control:
        control.execute(f"CREATE DATABASE {name}")
        with psycopg.connect(dbname=name, **server) as older:
            older.execute(
                "CREATE TABLE django_migrations (id int, app text, name text, applied date)"
            )
            older.execute("INSERT INTO django_migrations VALUES (1, 'people', '0040_last', now())")
        yield {**server, "dbname": name}, os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
        control.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.fault
@pytest.mark.parametrize("command", ["migrate", "portal"])
def test_a_database_named_by_its_address_is_left_as_it_is_with_a_sentence(elsewhere, command):
    options, url = elsewhere
    done = subprocess.run(
        [sys.executable, "manage.py", command], cwd=settings.BASE_DIR, timeout=120,
        env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "a layout without a name" in done.stderr and "Traceback" not in done.stderr
    with psycopg.connect(**options) as older:
        tables = older.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == [("django_migrations",)]
        assert older.execute("SELECT name FROM django_migrations").fetchall() == [("0040_last",)]
