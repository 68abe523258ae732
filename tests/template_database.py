"""Test databases are copied from one that was migrated before, as long as no migration changes."""

import contextlib
import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from apps.core.triggers import grant_role
from kaga_portal.embedded_roles import APP_ROLE
from tests.database_roles import let_the_tests_watch
from tests.quick_migrations import quick_migrations

PREFIX = "migrated_"
_turn = contextlib.ExitStack()


def start_from_template() -> None:
    """Let the test database be a copy of the template, where the server has one.

    Of several workers one migrates and the others wait for its template (``keep_as_template``).
    """
    _turn.enter_context(_one_at_a_time())
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname = %s", [_name()])
        if cursor.fetchone():
            connection.settings_dict["TEST"]["TEMPLATE"] = _name()
        else:
            _turn.enter_context(quick_migrations())


@contextlib.contextmanager
def _one_at_a_time():
    folder = Path(settings.BASE_DIR) / "var"
    folder.mkdir(exist_ok=True)
    with open(folder / "test-template.lock", "w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield


def keep_as_template() -> None:
    """Copy the test database, which was migrated and holds nothing yet, as the template."""
    with _turn:
        let_the_tests_watch()
        _keep_as_template()


def _keep_as_template():
    if connection.settings_dict["TEST"].get("TEMPLATE") == _name():
        return
    grant_role(connection, APP_ROLE)
    migrated = connection.settings_dict["NAME"]
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        for (name,) in cursor.fetchall():
            _try(cursor, f'DROP DATABASE "{name}"')
        _try(cursor, f'CREATE DATABASE "{_name()}" TEMPLATE "{migrated}"')


def _try(cursor, statement):
    """Another worker may do the same at this moment; then the next run migrates or copies."""
    with contextlib.suppress(DatabaseError):
        cursor.execute(statement)


def _name():
    made_from = [
        *sorted(Path(settings.BASE_DIR).glob("apps/*/migrations/*.py")),
        *sorted(Path(settings.BASE_DIR).glob("apps/*/models/*.py")),  # their policies
        *sorted(Path(settings.BASE_DIR).glob("apps/*/models.py")),
        Path(settings.BASE_DIR) / "apps/core/row_policies.py",
        Path(settings.BASE_DIR) / "apps/core/triggers.py",
        Path(settings.BASE_DIR) / "kaga_portal/row_owners.py",
        Path(settings.BASE_DIR) / "requirements.txt",
    ]
    digest = hashlib.sha256()
    for path in made_from:
        digest.update(path.name.encode() + path.read_bytes())
    return f"{PREFIX}{digest.hexdigest()[:20]}"
