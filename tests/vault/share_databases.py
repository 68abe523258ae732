"""A share store in a database of the test server: made once a run, its tables anew for each test."""

import os
from contextlib import contextmanager
from urllib.parse import quote

import psycopg
from django.conf import settings

from apps.vault import share_database
from apps.vault.share_database import ShareDatabase
from tests.share_stores import STORE_ID

NAME = f"kaga_shares_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
EMPTY = "DROP SCHEMA public CASCADE; CREATE SCHEMA public"


def url_of(name):
    """The URL of another database of the server that the tests run on."""
    of_django = settings.DATABASES["default"]
    user = f"{of_django['USER']}:{quote(of_django['PASSWORD'])}"
    place = f"{quote(of_django['HOST'], safe='')}:{of_django['PORT'] or 5432}"
    return f"postgres://{user.rstrip(':')}@{place}/{name}"


@contextmanager
def server_database():
    """The URL of an empty database of the test server, dropped afterwards."""
    with psycopg.connect(url_of("postgres"), autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        server.execute(f"CREATE DATABASE {NAME} TEMPLATE template0")
        yield url_of(NAME)
        share_database.disconnect_all()
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def begin_anew(url, *, is_store=True):
    """Empty the database, and make it the store of the tests."""
    share_database.disconnect_all()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(EMPTY)
    if is_store:
        ShareDatabase(url, None).write_marker(STORE_ID)
