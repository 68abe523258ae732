"""Django's PostgreSQL backend, which says in each transaction whose rows it may see."""

from contextlib import AbstractContextManager
from typing import Any

from django.db import connection


def in_scope() -> AbstractContextManager[None]:
    """A block for a cursor of psycopg itself, which knows nothing of scopes.

    Where no transaction runs the block has one of its own.
    """
    connection.ensure_connection()
    wrapper: Any = connection
    return wrapper.in_scope
