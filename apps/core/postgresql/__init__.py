"""Django's PostgreSQL backend, which sends in each transaction whose rows it may see."""

from contextlib import AbstractContextManager
from typing import Any

from django.db import connection


def in_scope() -> AbstractContextManager[None]:
    """A block for statements of a psycopg cursor, which does not send the scope itself.

    Where no transaction runs the block has one of its own.
    """
    connection.ensure_connection()
    wrapper: Any = connection
    return wrapper.in_scope
