"""Rows on their way into the table: copied to a temporary one, then merged in one statement.

Sealed before they are copied, so that no temporary table and no log of the database ever holds
what they say. Everything here belongs to the transaction of the caller.
"""

from django.db import connection

BEGIN = """
CREATE TEMPORARY TABLE linkage_staged (
  line bigint, id uuid, student_id uuid, key_id uuid, purpose text, kind text, kept_until date,
  version bytea, sealed bytea
) ON COMMIT DROP;
CREATE TEMPORARY TABLE linkage_stated (id uuid, line bigint) ON COMMIT DROP;
SET LOCAL work_mem = '64MB';
"""
STAGED = (
    "COPY linkage_staged (line, id, student_id, key_id, purpose, kind, kept_until, version, sealed)"
    " FROM STDIN"
)
STATED = "COPY linkage_stated (id, line) FROM STDIN"
MERGE = """
INSERT INTO linkage_linkedrecord AS r
  (id, municipality_id, student_id, purpose, key_id, sealed, source_id, kind, file_id,
   version_digest, received_at, kept_until)
SELECT DISTINCT ON (id) id, %(municipality)s, student_id, purpose, key_id, sealed, %(source)s,
   kind, %(file)s, version, %(now)s, kept_until
FROM linkage_staged ORDER BY id, line
ON CONFLICT (id) DO UPDATE SET sealed = excluded.sealed, file_id = excluded.file_id,
  version_digest = excluded.version_digest, received_at = excluded.received_at,
  kept_until = excluded.kept_until
WHERE r.version_digest IS DISTINCT FROM excluded.version_digest
"""
TWICE = """
SELECT line, first FROM (
  SELECT line, min(line) OVER (PARTITION BY id) AS first FROM linkage_stated
) named WHERE line > first ORDER BY line LIMIT 500
"""
# Rows that earlier files stated and this one does not; what nobody can read any more is swept anyway.
UNSTATED = """
WHERE r.file_id = ANY(%(files)s) AND NOT EXISTS (SELECT FROM linkage_stated s WHERE s.id = r.id)
  AND EXISTS (SELECT FROM vault_subjectkey k WHERE k.id = r.key_id)
"""


def begin():
    """Make the temporary tables; they go when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS linkage_staged, linkage_stated")
        cursor.execute(BEGIN)


def line(number, row_id, whose, kind, until, version, sealed):
    """One line for ``stage``: ``row_id``, ``version`` and ``sealed`` are bytes, ``whose`` is
    what ``whose`` gave for the row's key, ``until`` an ISO date.
    """
    return (
        f"{number}\t{row_id.hex()}\t{whose}\t{kind}\t{until}"
        f"\t\\\\x{version.hex()}\t\\\\x{sealed.hex()}\n"
    )


def whose(key):
    """The columns of a line that are the same for every row of a DataKey."""
    return f"{key.student_id}\t{key.id}\t{key.purpose}"


def stage(lines):
    """Copy rows (list of ``line``)."""
    _copy(STAGED, lines)


def state(named):
    """Note which rows a file stated, changed or not (list of (id as bytes, line))."""
    _copy(STATED, [f"{row_id.hex()}\t{number}\n" for row_id, number in named])


def merge(source, file, now):
    """Put what is staged into the table, the first of each id; how many rows are new or changed."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE linkage_staged")
        cursor.execute(
            MERGE,
            {
                "municipality": source.municipality_id,
                "source": source.pk,
                "file": file and file.pk,
                "now": now,
            },
        )
        return cursor.rowcount


def stated_twice():
    """[(line, line of the first)] of rows that a file names again; 500 at most."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM linkage_stated")
        n_lines, n_rows = cursor.fetchone()
        if n_lines == n_rows:
            return []
        cursor.execute(TWICE)
        return cursor.fetchall()


def count_unstated(file_ids):
    """How many rows of these files the file being taken in does not state any more."""
    return _on_unstated("SELECT count(*)", file_ids).fetchone()[0]


def delete_unstated(file_ids):
    """Delete them; how many there were."""
    return _on_unstated("DELETE", file_ids).rowcount


def unstated(file_ids):
    """[id] of them."""
    return [pk for (pk,) in _on_unstated("SELECT r.id", file_ids).fetchall()]


def _on_unstated(verb, file_ids):
    cursor = connection.cursor()
    cursor.execute(f"{verb} FROM linkage_linkedrecord r {UNSTATED}", {"files": list(file_ids)})
    return cursor


def _copy(statement, lines):
    if lines:
        with connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.write("".join(lines))
