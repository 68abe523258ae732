"""The share store in a small second PostgreSQL database, for several hosts.

Three tables: the marker, the shares, and the list of ended keys. Destroying deletes a row; what
PostgreSQL leaves of it in its files goes with the nightly ``purge_nightly`` (docs/operations/
key-shares.md says which settings of the server that needs). No statistics are gathered of shares:
they would be copies.

Each thread of a process has one connection, made anew where it is lost. A read that fails is tried
once more; while the server does not answer, nobody waits for it again and again. Pure: no Django.
"""

import os
import threading
import time
from contextlib import contextmanager

import psycopg
from psycopg import errors

from apps.vault.erasure_list import Erasure
from apps.vault.share_schema import SCHEMA_SQL, setting_problems
from apps.vault.shares import (
    ShareMissing,
    StoreProblem,
    StoreUnavailable,
    check_marker,
    checked_share,
    parts_of_key_ids,
    with_check,
)

CONNECT_TIMEOUT_S = 2
STATEMENT_TIMEOUT_MS = 5000
OPTIONS = f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c synchronous_commit=on"
# Readers wait behind the purge that waits for them: not for long.
PURGE_OPTIONS = f"-c statement_timeout=0 -c lock_timeout={STATEMENT_TIMEOUT_MS}"
NOT_ASKED_S = 2  # after a failure: everybody is told at once that the store is away
ROWS_AT_ONCE = 5000
CONNECTION = {
    "connect_timeout": CONNECT_TIMEOUT_S,
    "tcp_user_timeout": STATEMENT_TIMEOUT_MS,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 2,
    "application_name": "kaga_portal key shares",
}
_of_thread = threading.local()  # {url: (process id, connection)}
_away_until: dict[str, float] = {}  # {url: when it is asked again, monotonic}


class ShareDatabase:
    """The shares of the store ``store_id`` (a UUID) in the database at a postgres:// URL."""

    def __init__(self, url, store_id):
        self._url = url
        self._store_id = store_id

    def read_marker(self):
        """The id of the store in the database (text), or None. Raises StoreUnavailable."""
        try:
            rows = self._fetch("SELECT store_id::text FROM key_share_store")
        except StoreUnavailable as error:
            if error.why == StoreProblem.NO_MARKER:  # there is no such table
                return None
            raise
        return rows[0][0] if rows else None

    def write_marker(self, store_id):
        """Make the tables where they are not, and the database the store ``store_id``."""
        self._fetch(SCHEMA_SQL, prepare=False)
        self._fetch(
            "INSERT INTO key_share_store (store_id) VALUES (%s) "
            "ON CONFLICT (id) DO UPDATE SET store_id = excluded.store_id, made_at = now()",
            [store_id],
        )
        self._store_id = store_id

    def check(self):
        """Raises StoreUnavailable unless the database is that of this store."""
        check_marker(self.read_marker(), self._store_id)

    def check_writable(self):
        """``check``, and that something could be written. Raises StoreUnavailable."""
        self.check()
        ((is_writable,),) = self._fetch(
            "SELECT current_setting('transaction_read_only') = 'off' "
            "AND has_table_privilege('key_share', 'INSERT') "
            "AND has_table_privilege('key_share', 'DELETE')"
        )
        if not is_writable:
            raise StoreUnavailable(StoreProblem.READ_ONLY)

    def put(self, key_id, share):
        """Keep a share (bytes) durably before returning. Raises StoreUnavailable where that fails."""
        kept = with_check(share)
        try:
            rows = self._fetch(
                "INSERT INTO key_share (key_id, share) "
                "SELECT %s, %s FROM key_share_store WHERE store_id = %s RETURNING 1",
                [key_id, kept, self._store_id],
            )
        except errors.UniqueViolation as error:
            if self._kept([key_id]).get(key_id) != kept:  # else the first try had arrived
                raise FileExistsError(f"There is a share of key {key_id}.") from error
            return
        if not rows:
            self._explain_no_row()

    def get(self, key_id):
        """The share. Raises StoreUnavailable, or ShareMissing, of which ShareDamaged is one kind."""
        kept = self._kept([key_id])
        if key_id not in kept:
            self.check()
            raise ShareMissing(f"No share of key {key_id}.")
        return checked_share(key_id, kept[key_id])

    def get_many(self, key_ids):
        """{key id: its share, or what ``get`` would have raised}, in one statement."""
        key_ids = list(key_ids)
        try:
            kept = self._kept(key_ids)
            if len(kept) < len(key_ids):
                self.check()
        except StoreUnavailable as error:
            return dict.fromkeys(key_ids, error)
        return {key_id: _share_or_error(key_id, kept) for key_id in key_ids}

    def has(self, key_id):
        """Whether there is a row of this key. Raises StoreUnavailable."""
        self.check()
        return bool(self._kept([key_id]))

    def count_held(self, key_ids):
        """Of how many of these keys there is a row; whatever the marker says."""
        return 0 if self._has_no_tables() else len(self._kept(key_ids))

    def destroy(self, key_id):
        """Delete a share, so that nobody reads it any more; whether there was one."""
        return self.destroy_many([key_id]) > 0

    def destroy_many(self, key_ids):
        """``destroy`` for several, in one statement; how many there were."""
        return len(
            self._fetch("DELETE FROM key_share WHERE key_id = ANY(%s) RETURNING 1", [list(key_ids)])
        )

    def append_erased(self, erasures):
        """Add ``erasures`` to the list of ended keys, durably. Raises StoreUnavailable."""
        erasures = list(erasures)
        if not erasures:
            return
        key_ids, student_ids, purposes, moments = map(list, zip(*erasures, strict=True))
        rows = self._fetch(
            "INSERT INTO ended_key (key_id, student_id, purpose, ended_at) "
            "SELECT ended.* FROM key_share_store, "
            "unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[]) AS ended "
            "WHERE store_id = %s RETURNING 1",
            [key_ids, student_ids, list(map(str, purposes)), moments, self._store_id],
        )
        if not rows:
            self._explain_no_row()

    def erased_keys(self):
        """Every Erasure on the list of ended keys, oldest first. Raises StoreUnavailable."""
        self.check()
        last = 0
        while rows := self._fetch(
            "SELECT id, key_id, student_id, purpose, ended_at FROM ended_key "
            "WHERE id > %s ORDER BY id LIMIT %s",
            [last, ROWS_AT_ONCE],
        ):
            last = rows[-1][0]
            yield from (Erasure(*row) for _, *row in rows)

    def purge_destroyed(self):
        """Nothing every few minutes: ``purge_nightly`` does it."""
        return 0

    def purge_nightly(self):
        """Rewrite the table without what was deleted, and let the server remove its former WAL.

        Raises StoreUnavailable.
        """
        self.check()
        with _as_unavailable(self._url), _connect(self._url, PURGE_OPTIONS) as connection:
            connection.execute("VACUUM (FULL) key_share")
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")

    def is_empty(self):
        """Whether the database holds no share, or no tables."""
        return self._has_no_tables() or not self._fetch("SELECT 1 FROM key_share LIMIT 1")

    def key_ids(self, part=0, n_parts=1):
        """The ids of the keys whose shares are kept, of one of ``n_parts`` parts of all ids."""
        for number in parts_of_key_ids(part, n_parts):
            rows = self._fetch(
                "SELECT key_id FROM key_share WHERE key_id BETWEEN %s::uuid AND %s::uuid",
                [f"{number:02x}{'0' * 30}", f"{number:02x}{'f' * 30}"],
            )
            yield from (key_id for (key_id,) in rows)

    def setting_problems(self):
        """Sentences about settings of the server that keep destroyed shares readable."""
        return setting_problems(self._fetch)

    def _kept(self, key_ids):
        rows = self._fetch(
            "SELECT key_id, share FROM key_share WHERE key_id = ANY(%s)", [list(key_ids)]
        )
        return dict(rows)

    def _has_no_tables(self):
        return self._fetch("SELECT to_regclass('key_share') IS NULL")[0][0]

    def _explain_no_row(self):
        """A statement that asks for the marker wrote nothing. Raises StoreUnavailable."""
        self.check()
        raise StoreUnavailable(StoreProblem.UNREADABLE)  # the marker has changed meanwhile

    def _fetch(self, statement, values=None, *, prepare=None):
        """The rows of a statement, which is tried once more on a new connection."""
        if _away_until.get(self._url, 0) > time.monotonic():
            raise StoreUnavailable(StoreProblem.UNREADABLE)
        with _as_unavailable(self._url):
            try:
                return _rows(self._url, statement, values, prepare)
            except errors.QueryCanceled:  # it has waited long enough
                raise
            except (psycopg.OperationalError, psycopg.InterfaceError):
                _disconnect(self._url)
                return _rows(self._url, statement, values, prepare)


def disconnect_all():
    """Close this thread's connections (before a database is dropped) and ask again at once."""
    for url in list(getattr(_of_thread, "connections", {})):
        _disconnect(url)
    _away_until.clear()


def _rows(url, statement, values, prepare):
    cursor = _connection(url).execute(statement, values, prepare=prepare)
    return cursor.fetchall() if cursor.description else []


def _connection(url):
    """This thread's connection in this process, made where there is none."""
    connections = _of_thread.__dict__.setdefault("connections", {})
    process_id, connection = connections.get(url, (None, None))
    if process_id != os.getpid() or connection.closed:  # a parent's is not touched
        connection = _connect(url)
        connections[url] = os.getpid(), connection
    return connection


def _connect(url, options=OPTIONS):
    return psycopg.connect(url, autocommit=True, options=options, **CONNECTION)


def _disconnect(url):
    process_id, connection = _of_thread.__dict__.get("connections", {}).pop(url, (None, None))
    if process_id == os.getpid():
        connection.close()


@contextmanager
def _as_unavailable(url):
    """Turns what psycopg raises into StoreUnavailable; a key that is there twice stays as it is."""
    try:
        yield
    except errors.UniqueViolation:
        raise
    except (errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege) as error:
        raise StoreUnavailable(StoreProblem.READ_ONLY) from error
    except errors.UndefinedTable as error:
        raise StoreUnavailable(StoreProblem.NO_MARKER) from error
    except psycopg.Error as error:
        if not isinstance(error, errors.QueryCanceled) and error.sqlstate is None:
            _away_until[url] = time.monotonic() + NOT_ASKED_S  # no server has answered
        raise StoreUnavailable(StoreProblem.UNREADABLE) from error


def _share_or_error(key_id, kept):
    try:
        return checked_share(key_id, kept[key_id])
    except KeyError:
        return ShareMissing(f"No share of key {key_id}.")
    except ShareMissing as error:
        return error
