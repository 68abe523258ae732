"""One statement, planned once a connection: for the few paths that a whole school takes at 08:30.

The ORM writes a statement anew each time and sends it as text with its values inside; here the
server keeps the plan (psycopg's prepared statements). Everything else goes through the ORM.
"""

import time

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections


def rows(statement, parameters):
    """All rows (tuples) of a constant SQL ``statement`` with named ``parameters``, in one trip.

    Outside a transaction the statement is its own. Raises django.db.DatabaseError.
    """
    connection = connections[DEFAULT_DB_ALIAS]  # once: the proxy asks for it at every word
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    began = time.monotonic()
    # Not connection.cursor(): Django's binds in the client, and what it sends is never kept.
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        found = cursor.execute(statement, parameters, prepare=True).fetchall()
    if connection.queries_logged:
        took = f"{time.monotonic() - began:.3f}"
        connection.queries_log.append({"sql": statement, "time": took})
    return found


def columns(model, name):
    """The columns of a model's table called ``name`` in a statement, as ``instance`` reads them."""
    return ", ".join(f"{name}.{field.column}" for field in model._meta.concrete_fields)


def instance(model, values):
    """The model's instance of one row's values; None where a join found no row."""
    names = [field.attname for field in model._meta.concrete_fields]
    return None if values[0] is None else model.from_db(DEFAULT_DB_ALIAS, names, values)
