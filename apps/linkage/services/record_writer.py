"""Writes sealed rows in few statements: new ones by COPY, changed ones by UPDATE.

Rows are sealed before, so that no temporary table and no log of the database ever holds their
content. Everything runs in the caller's transaction. PostgreSQL refuses COPY into a table with
row-level security: new rows go through a temporary table.
"""

from datetime import UTC, date, datetime
from struct import Struct

from django.db import IntegrityError, connection
from psycopg.errors import UniqueViolation

from apps.core import statistics
from apps.linkage.connectors.contract import FormatError

COLUMNS = (
    "id, version_digest, sealed, key_id, student_id, purpose, kind, kept_until, municipality_id, "
    "source_id, file_id, received_at"
)
CREATE_ARRIVED_TABLE = """
CREATE TEMPORARY TABLE IF NOT EXISTS linkage_arrived (LIKE linkage_linkedrecord) ON COMMIT DROP
"""
COPY_RECORDS = f"COPY linkage_arrived ({COLUMNS}) FROM STDIN (FORMAT BINARY)"
INSERT_ARRIVED = f"""
INSERT INTO linkage_linkedrecord ({COLUMNS}) SELECT {COLUMNS} FROM linkage_arrived;
TRUNCATE linkage_arrived
"""  # noqa: S608 - our own names
SELECT_VERSIONS = (
    "SELECT uuid_send(id), version_digest FROM linkage_linkedrecord WHERE id = ANY(%s::uuid[])"
)
UPDATE_RECORDS = """
UPDATE linkage_linkedrecord r SET version_digest = s.version, sealed = s.sealed,
  kept_until = s.until, file_id = %s, received_at = %s
FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[], %s::date[]) s (id, version, sealed, until)
WHERE r.id = s.id
"""
CREATE_STATED_TABLE = """
DROP TABLE IF EXISTS linkage_stated;
CREATE TEMPORARY TABLE linkage_stated (id uuid) ON COMMIT DROP;
SET LOCAL work_mem = '64MB';
"""
COPY_STATED = "COPY linkage_stated (id) FROM STDIN (FORMAT BINARY)"
# Rows of earlier files that this one does not state: new and changed rows belong to this file by
# now, the rest was stated; rows that nobody can read any more are swept anyway, and rows whose key is paused
# or damaged are kept: the file is read again when the key can be used again.
WHERE_UNSTATED = """
WHERE r.file_id = ANY(%(files)s) AND NOT EXISTS (SELECT FROM linkage_stated s WHERE s.id = r.id)
  AND EXISTS (SELECT FROM vault_subjectkey k WHERE k.id = r.key_id AND k.paused_at IS NULL)
  AND NOT EXISTS (SELECT FROM vault_damagereport d
                  WHERE d.key_id = r.key_id AND d."table" = '' AND d.mended_at IS NULL)
"""

# What a file states is compared row by row with earlier files. A planner that does not know of
# the new rows yet expects one row, and would scan the other table for each.
NESTED_LOOPS_OFF = "SET LOCAL enable_nestloop = off"
NESTED_LOOPS_DEFAULT = "SET LOCAL enable_nestloop = DEFAULT"
RECORD_COLUMNS = "linkage_linkedrecord (file_id, student_id, key_id, source_id, kind, kept_until)"
ANALYSE_FROM_ROWS = statistics.BULK_ROWS

# -- PostgreSQL's binary COPY: 16-bit count of fields, each a 32-bit length and its bytes -----------

COPY_HEADER, COPY_TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_length, _days, _moment = Struct("!i").pack, Struct("!i").pack, Struct("!q").pack
_ROW, _STATED_ROW, _SIXTEEN = b"\0\x0c" + _length(16), b"\0\x01" + _length(16), _length(16)
_EPOCH, _EPOCH_AT = date(2000, 1, 1), datetime(2000, 1, 1, tzinfo=UTC)
_PARTS_AT_ONCE = 1_800  # parts of about 200 rows: written while the next are sealed


def key_fields(key):
    """The fields of a row that are the same for every row of a DataKey."""
    return _field(key.id.bytes) + _field(key.student_id.bytes) + _field(key.purpose.encode())


def retention_fields(kind, until):
    """The fields of a row that say what kind of fact it is and until which day it is kept."""
    return _field(kind.encode()) + _field(_days((until - _EPOCH).days))


def _field(value):
    return _length(len(value)) + value


class RecordWriter:
    """The rows that one transaction writes, new ones streamed; use it as a context manager.

    From ``add`` to ``pause`` the connection is busy with COPY, and any other query would wait for
    ever: only sealing may happen in between.
    """

    def __init__(self, source, now):
        self._source, self._now, self._file = source, now, None
        self._common = self._copy = self._context = None
        self._parts = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            self.pause()
        elif self._context is not None:
            self._context.__exit__(kind, error, trace)

    def add(self, row_id, version, sealed, whose, kept):
        """One row: ids and version of 16 bytes; ``whose`` and ``kept`` from key_fields and
        retention_fields.
        """
        self._parts += (
            _ROW, row_id, _SIXTEEN, version, _length(len(sealed)), sealed, whose, kept, self._common
        )  # fmt: skip
        if len(self._parts) >= _PARTS_AT_ONCE:
            self._write()

    def set_file(self, file):
        """Set the file (a SourceFile, or None) of the rows that follow."""
        self._file = file and file.pk
        moment = self._now - _EPOCH_AT
        self._common = (
            _field(self._source.municipality_id.bytes)
            + _field(self._source.pk.bytes)
            + (_field(self._file.bytes) if file else _length(-1))
            + _field(_moment((moment.days * 86400 + moment.seconds) * 10**6 + moment.microseconds))
        )

    def pause(self):
        """Write all rows added so far. Raises FormatError where one exists already."""
        if self._parts:
            self._write()
        if self._context is None:
            return
        context, self._context = self._context, None
        self._copy.write(COPY_TRAILER)
        context.__exit__(None, None, None)
        try:
            with connection.cursor() as cursor:
                cursor.execute(INSERT_ARRIVED)
        except IntegrityError as error:
            if not isinstance(error.__cause__, UniqueViolation):
                raise
            raise FormatError("同じ ものが 2度 あるので、取り込みませんでした。") from error

    def known(self, ids):
        """{id: version} (bytes) of the ids that exist already."""
        if not ids:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(SELECT_VERSIONS, [_uuids(ids)])
            return {bytes(row_id): bytes(version) for row_id, version in cursor.fetchall()}

    def update(self, changed):
        """Update existing rows; ``changed`` is [(id, version, sealed, until)]."""
        if not changed:
            return
        ids, *columns = map(list, zip(*changed, strict=True))
        with connection.cursor() as cursor:
            cursor.execute(UPDATE_RECORDS, [self._file, self._now, _uuids(ids), *columns])

    def state(self, ids):
        """Mark rows (ids of 16 bytes) that the file stated unchanged."""
        if not ids:
            return
        with connection.cursor() as cursor, cursor.copy(COPY_STATED) as copy:
            copy.write(COPY_HEADER + _STATED_ROW + _STATED_ROW.join(ids) + COPY_TRAILER)

    def _write(self):
        if self._context is None:
            cursor = connection.cursor()
            cursor.execute(CREATE_ARRIVED_TABLE)
            self._context = cursor.copy(COPY_RECORDS)
            self._copy = self._context.__enter__()
            self._copy.write(COPY_HEADER)
        self._copy.write(b"".join(self._parts))
        self._parts.clear()


def _uuids(ids):
    return "{" + ",".join([row_id.hex() for row_id in ids]) + "}"


# -- stated rows -----------------------------------------------------------------------------------


def create_stated_table():
    """Create the temporary table of rows stated unchanged; dropped when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(CREATE_STATED_TABLE)


def count_unstated_by_student(file_ids, students=None):
    """[(student id, n)] of rows of these files that the imported file does not state any more.

    Only those of ``students`` (ids) where they are given.
    """
    verb = "SELECT r.student_id, count(*)"
    return _on_unstated(verb, file_ids, students, "GROUP BY r.student_id").fetchall()


def count_stated_by_student():
    """[(student id, n)] of the rows of earlier files that this one states unchanged."""
    return _by_hash(
        "SELECT r.student_id, count(*) FROM linkage_stated s"
        " JOIN linkage_linkedrecord r ON r.id = s.id GROUP BY r.student_id"
    ).fetchall()


def delete_unstated(file_ids, students):
    """Delete the unstated rows of these students (ids); how many there were."""
    return _on_unstated("DELETE", file_ids, students).rowcount


def unstated_ids(file_ids):
    """Ids of the unstated rows."""
    return [pk for (pk,) in _on_unstated("SELECT r.id", file_ids).fetchall()]


def _on_unstated(verb, file_ids, students=None, end=""):
    of_students = "" if students is None else "AND r.student_id = ANY(%(students)s)"
    return _by_hash(
        f"{verb} FROM linkage_linkedrecord r {WHERE_UNSTATED} {of_students} {end}",
        {"files": list(file_ids), "students": list(students or ())},
    )


def _by_hash(statement, values=None):
    """Execute a statement with hash joins, whatever the statistics say; the cursor."""
    cursor = connection.cursor()
    cursor.execute(NESTED_LOOPS_OFF)
    cursor.execute(statement, values)
    with connection.cursor() as after:
        after.execute(NESTED_LOOPS_DEFAULT)
    return cursor


# -- statistics ------------------------------------------------------------------------------------


def analyse_after(n_new):
    """Take the planner's statistics anew after many new rows (int)."""
    statistics.analyse_after(n_new, RECORD_COLUMNS, at_least=ANALYSE_FROM_ROWS)
