"""Migrations run as the owner of the tables; the role that serves gets its rights from them."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from apps.core.owner_connection import app_role, as_owner
from kaga_portal.embedded_roles import APP_ROLE, SUPERUSER

NAME = f"kaga_owned_{os.getpid()}"


def test_the_role_that_gets_the_rights_is_that_of_web_and_workers_within_the_owners_block(
    monkeypatch,
):
    monkeypatch.setitem(settings.OWNER_DATABASE, "USER", "somebody")
    with as_owner(connection):
        assert connection.settings_dict["USER"] == "somebody"
        assert app_role() == APP_ROLE
    assert connection.settings_dict["USER"] == SUPERUSER


@pytest.fixture
def migrated():
    """A database that ``migrate`` itself has made, as the owner."""
    owner_url, url = os.environ["OWNER_DATABASE_URL"], os.environ["DATABASE_URL"]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
        own = f"{url.rpartition('/')[0]}/{NAME}"
        done = subprocess.run(
            [sys.executable, "manage.py", "migrate", "people", "0001", "--verbosity", "0"],
            cwd=settings.BASE_DIR, env={**os.environ, "DATABASE_URL": own},
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        yield own, done
        owner.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def test_migrate_grants_the_role_of_database_url_what_it_needs(migrated):
    url, done = migrated
    assert done.returncode == 0, done.stderr
    with psycopg.connect(url) as served:
        assert served.execute("SELECT current_user").fetchone() == (APP_ROLE,)
        served.execute("SELECT set_config('app.municipality', '', true)")
        assert served.execute("SELECT count(*) FROM people_school").fetchone() == (0,)
        policies = "SELECT polname FROM pg_policy WHERE polrelid = 'people_school'::regclass"
        assert served.execute(policies).fetchall() == [("of_municipality",)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            served.execute("DELETE FROM django_migrations")
