# ruff: noqa: PLC0415 - Django is imported once the bench's own database is there
"""The reference of the import: the same facts in plain columns, without sealing or consent.

``copied`` reads the file with Python's csv, looks code and mark up in a dict, copies every row
(COPY, text) into a temporary table and merges that with one INSERT … ON CONFLICT … IS DISTINCT
FROM, all in one transaction: no consent, no check of a date, no issues, no window, no run. Its
table has the natural key (student, kind, day) as its one index and no foreign keys.
``saved_one_by_one`` is Django's update_or_create on the same table.
"""

import csv

TABLE = """
DROP TABLE IF EXISTS bench_plain;
CREATE TABLE bench_plain (
  municipality_id uuid NOT NULL, student_id uuid NOT NULL, purpose varchar(40) NOT NULL,
  source_id uuid NOT NULL, kind varchar(30) NOT NULL, day date NOT NULL, mark varchar(20) NOT NULL,
  received_at timestamptz NOT NULL, kept_until date NOT NULL,
  PRIMARY KEY (student_id, kind, day)
)
"""
STAGE = "CREATE TEMPORARY TABLE staged (student_id uuid, day date, mark text) ON COMMIT DROP"
MERGE = """
INSERT INTO bench_plain AS r SELECT %s, student_id, 'attendance', %s, 'attendance_daily', day, mark,
  now(), %s FROM staged
ON CONFLICT (student_id, kind, day) DO UPDATE SET mark = excluded.mark,
  received_at = excluded.received_at, kept_until = excluded.kept_until
WHERE r.mark IS DISTINCT FROM excluded.mark
"""
AT_ONCE = 2_000


def table():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(TABLE)


def copied(source, path, people, until):
    """Import a file; how many rows were written. ``people`` is {code: student id}."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(STAGE)
        with cursor.copy("COPY staged FROM STDIN") as copying:
            for lines in _lines(path, people):
                copying.write("".join(lines))
        cursor.execute(MERGE, [source.municipality_id, source.pk, until])
        return cursor.rowcount


def _lines(path, people):
    lines = []
    for code, day, mark in _rows(path):
        lines.append(f"{people[code]}\t{day}\t{mark}\n")
        if len(lines) == AT_ONCE:
            yield lines
            lines = []
    yield lines


def _rows(path):
    from apps.linkage.connectors.school_files.file_formats import ATTENDANCE_MARKS

    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for code, day, mark, _ in rows:
            yield code, day, ATTENDANCE_MARKS[mark]


def saved_one_by_one(source, path, people, until, n):
    """Import the first ``n`` rows by update_or_create; how many."""
    from django.utils import timezone

    rows, model = _rows(path), _model()
    for _, (code, day, mark) in zip(range(n), rows, strict=False):
        model.objects.update_or_create(
            student_id=people[code],
            kind="attendance_daily",
            day=day,
            defaults={
                "municipality_id": source.municipality_id,
                "purpose": "attendance",
                "source_id": source.pk,
                "mark": mark,
                "received_at": timezone.now(),
                "kept_until": until,
            },
        )
    return n


def _model():
    from django.db import models

    class Plain(models.Model):
        pk = models.CompositePrimaryKey("student_id", "kind", "day")
        municipality_id = models.UUIDField()
        student_id = models.UUIDField()
        purpose = models.CharField(max_length=40)
        source_id = models.UUIDField()
        kind = models.CharField(max_length=30)
        day = models.DateField()
        mark = models.CharField(max_length=20)
        received_at = models.DateTimeField()
        kept_until = models.DateField()

        class Meta:
            app_label = "bench"
            managed = False
            db_table = "bench_plain"

        def __str__(self):
            return f"{self.kind} {self.day}"

    return Plain
