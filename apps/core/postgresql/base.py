"""The backend of the portal's database connection.

Before a statement it sends the municipalities of the current code (apps.core.municipality_scope),
with ``set_config(…, is_local)``: the setting ends with its transaction, so that it never stays on a
connection which a pooler gives to somebody else. A statement outside of a transaction gets one of
its own for that.
"""

from types import TracebackType
from typing import Any

from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from psycopg import OperationalError
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus

from apps.core.municipality_scope import SETTING, current_value

_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)
_MUST_BE_FIRST = "SET TRANSACTION"  # PostgreSQL refuses it after any other statement
_UNKNOWN = object()  # after a rollback to a savepoint: what was sent before it may count again


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with the scope of each statement."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent: object = None  # the value of the running transaction
        self.in_scope = _InScope(self)

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """A cursor each of whose statements is in scope."""
        return _Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """The same, which notes the statements."""
        return _DebugCursor(cursor, self)

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc]
        self.sent = None

    def _rollback(self) -> None:
        self.sent = None
        super()._rollback()  # type: ignore[misc]

    def _close(self) -> None:
        self.sent = None
        super()._close()  # type: ignore[misc]

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]
        if self.sent is not None:  # None: nothing was sent, and the role's own setting counts
            self.sent = _UNKNOWN

    def send_scope(self) -> bool:
        """Send whose rows the next statement may see; whether a transaction was begun for it alone.

        The caller who gets True ends that transaction (``in_scope`` does).
        """
        value, pg = current_value(), self.connection.pgconn
        if pg.transaction_status == TransactionStatus.INTRANS:
            if self.sent != value:
                self._send(pg, f"SELECT set_config('{SETTING}', '{value or ''}', true)")
                self.sent = value
            return False
        if value is None or pg.transaction_status != TransactionStatus.IDLE:
            self.sent = None  # a transaction begins without a scope, or an error is on its way
            return False
        self._send(pg, f"BEGIN; SELECT set_config('{SETTING}', '{value}', true)")
        self.sent = value
        return bool(self.connection.autocommit)

    def _send(self, pg: Any, statement: str) -> None:
        # One message, without a psycopg cursor: this runs before every statement.
        with self.wrap_database_errors:
            result = pg.exec_(statement.encode())
            if pg.status == ConnStatus.BAD:  # psycopg raises the same for its own statements
                raise OperationalError("the connection is lost")
            if result.status not in _DONE:
                raise error_from_result(result)


class _InScope:
    """A block whose statement is in scope, in a transaction of its own where none runs.

    Made once a connection. Blocks may be nested: the outermost ends the transaction.
    """

    def __init__(self, wrapper: DatabaseWrapper) -> None:
        self._wrapper = wrapper
        self._own: list[bool] = []  # of each open block, whether it began the transaction

    def __enter__(self) -> None:
        self._own.append(self._wrapper.send_scope())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType
    ) -> None:
        if not self._own.pop():
            return
        self._wrapper.sent = None
        connection = self._wrapper.connection
        if connection is None or connection.closed:
            return
        if kind is not None:
            connection.rollback()
            return
        with self._wrapper.wrap_database_errors:
            connection.commit()


class _Scoped:
    db: DatabaseWrapper

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        if isinstance(sql, str) and sql.startswith(_MUST_BE_FIRST):  # the next one sends it
            return super()._execute(sql, params, *ignored)  # type: ignore[misc]
        with self.db.in_scope:
            return super()._execute(sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: str, param_list: Any, *ignored: Any) -> Any:
        with self.db.in_scope:
            return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]

    def copy(self, statement: str, *args: Any, **kwargs: Any) -> Any:
        """psycopg's COPY, within a transaction alone: nothing here would end one of its own."""
        self.db.send_scope()
        return self.cursor.copy(statement, *args, **kwargs)  # type: ignore[attr-defined]


class _Cursor(_Scoped, CursorWrapper):
    pass


class _DebugCursor(_Scoped, CursorDebugWrapper):
    pass
