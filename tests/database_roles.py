"""The roles of the test's connection: it works as the portal does, as the role that owns nothing."""

from contextlib import contextmanager
from contextvars import ContextVar

from django.conf import settings
from django.db import connection
from psycopg.pq import TransactionStatus

from apps.core import municipality_scope
from kaga_portal.embedded_roles import APP_ROLE, SUPERUSER


def make_databases_as_superuser() -> None:
    """Before the test database is made: who makes it may do everything."""
    settings.DATABASES["default"]["USER"] = SUPERUSER
    settings.OWNER_DATABASE["USER"] = ""  # nobody changes the connection in the middle of a test


def let_the_tests_watch() -> None:
    """Who waits for whom, and whom to stop: the tests alone see that. One worker at a time."""
    with connection.cursor() as cursor:
        cursor.execute(f"GRANT pg_read_all_stats, pg_signal_backend TO {APP_ROLE}")


def work_as_the_portal() -> None:
    """From now on connections work as the role of web and workers.

    What a test makes and looks at itself is of any municipality; requests keep to their own.
    """
    municipality_scope._value = ContextVar("municipality_scope", default="*")
    connection.settings_dict["OPTIONS"]["assume_role"] = APP_ROLE
    connection.close()
    remove = connection.creation.destroy_test_db

    def remove_as_superuser(*args, **options):
        _work_as_superuser()
        remove(*args, **options)

    connection.creation.destroy_test_db = remove_as_superuser


def _work_as_superuser():
    municipality_scope._value = ContextVar("municipality_scope", default=None)
    connection.settings_dict["OPTIONS"].pop("assume_role", None)
    connection.close()


@contextmanager
def as_owner():
    """In the block the connection, in the middle of its transaction, may do everything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        if cursor.fetchone() == (SUPERUSER,):  # inside of another such block
            yield
            return
        cursor.execute("RESET ROLE")
    try:
        yield
    finally:
        status = connection.connection and connection.connection.pgconn.transaction_status
        if status in (TransactionStatus.IDLE, TransactionStatus.INTRANS):
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {APP_ROLE}")
