"""SQL past the ORM's compiler, for the few paths where every millisecond counts.

For requests that a whole school sends at 08:30, or that hold a lock. Everything else uses the ORM.
"""

import time
from functools import cache

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections


class StatementBatch:
    """SQL statements that go to the database in one message, when their holder sends them.

    For a transaction that holds locks: it makes a batch, passes it to the functions that write, and
    calls ``send``. Nothing is written before, so what reads or refers to these rows comes after.
    """

    def __init__(self):
        self._statements = []

    def add(self, statement, params):
        """Keep a statement without a result until the next ``send`` or ``fetch``."""
        self._statements.append((statement, params))

    def send(self):
        """Execute the statements that wait, in their order."""
        if self._statements:
            self.fetch()

    def fetch(self, *queries):
        """The rows of each (statement, params), executed after the statements that wait.

        PostgreSQL takes several statements in one message where values are written into them
        (psycopg's ClientCursor, Django's default); each sees what the one before did, or waited
        for.
        """
        statements, n_before = [*self._statements, *queries], len(self._statements)
        self._statements = []
        with connection.cursor() as cursor:
            cursor.execute(";\n".join(cursor.mogrify(*each) for each in statements))
            results = []
            for number in range(len(statements)):
                if number >= n_before:
                    results.append(cursor.fetchall())
                cursor.nextset()
        return results


def execute(statement, params, batch=None):
    """Execute a statement without a result now, or with the StatementBatch that is given."""
    if batch is not None:
        batch.add(statement, params)
        return
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def fetch_prepared(statement, parameters):
    """All rows (tuples) of a constant SQL ``statement`` with named ``parameters``, in one trip.

    The server keeps the plan for the connection (psycopg's prepared statements). Outside a
    transaction the statement is its own, and asked once more where the connection turns out to be
    lost: it must bear being done twice. Raises django.db.DatabaseError.
    """
    wrapper = connections[DEFAULT_DB_ALIAS]  # once: the proxy asks for it at every word
    wrapper.close_if_health_check_failed()
    try:
        return _fetch_prepared(wrapper, statement, parameters)
    except OperationalError:
        if wrapper.in_atomic_block or wrapper.connection is None or not wrapper.connection.closed:
            raise
        wrapper.close()
        return _fetch_prepared(wrapper, statement, parameters)


def _fetch_prepared(wrapper, statement, parameters):
    wrapper.ensure_connection()
    wrapper.validate_no_broken_transaction()
    began = time.monotonic()
    # Not connection.cursor(): Django's binds in the client, and what it sends is never kept.
    with (
        wrapper.wrap_database_errors,
        wrapper.in_scope,
        psycopg.Cursor(wrapper.connection) as cursor,
    ):
        found = cursor.execute(statement, parameters, prepare=True).fetchall()
    if wrapper.queries_logged:
        took = f"{time.monotonic() - began:.3f}"
        wrapper.queries_log.append({"sql": statement, "time": took})
    return found


def insert_rows(rows, batch=None):
    """Insert unsaved instances of one model in one statement, as ``bulk_create`` would.

    The statement is composed once a model instead of once a call. A key the database counts up
    is not read back. Nothing happens without rows. With a StatementBatch they are written when it
    is sent.
    """
    rows = list(rows)
    if not rows:
        return
    head, row_marks, fields = _insertion(type(rows[0]))
    values = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in fields
    ]
    execute(head + ", ".join([row_marks] * len(rows)), values, batch)


@cache
def column_list(model, name=""):
    """The columns of a model (its table called ``name``), to select what ``instance_of_row`` reads."""
    table = f"{name}." if name else ""
    return ", ".join(f'{table}"{field.column}"' for field in model._meta.concrete_fields)


def instance_of_row(model, values):
    """The instance of a row selected with ``column_list``; None where a join found no row."""
    return None if values[0] is None else model.from_db(DEFAULT_DB_ALIAS, _names_of(model), values)


@cache
def _names_of(model):
    return [field.attname for field in model._meta.concrete_fields]


@cache
def _insertion(model):
    fields = [
        f
        for f in model._meta.concrete_fields
        if not f.generated and f is not model._meta.auto_field
    ]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    head = f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES '  # noqa: S608
    return head, f"({marks})", fields
