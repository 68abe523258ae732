"""Helpers that read a roster: the FileReport and, where it has no problem, its people."""

from types import SimpleNamespace

from django.db import connection, transaction

from apps.roster.services.staging import stage_zip

PUPILS = """
SELECT source_id, master_id, local_code, given_name, family_name, grade, coalesce(class, '') AS home_class,
  number, birth_month FROM roster_students ORDER BY line
"""
TEACHERS = "SELECT source_id, coalesce(class, '') AS home_class FROM roster_teachers ORDER BY line"
CLASSES = "SELECT source_id, title FROM sent_classes WHERE class_type = 'homeroom' ORDER BY line"
LINKS = """
SELECT g.source_id, p.source_id FROM roster_links t JOIN roster_guardians g ON g.line = t.guardian
JOIN roster_students p ON p.line = t.student
"""


def read(content):
    """The FileReport of a zip's bytes, with rules between rows; ``roster`` is None if refused."""
    with transaction.atomic():
        reading, roster = stage_zip(content)
        reading.roster = roster and SimpleNamespace(
            school_year=roster.school_year,
            places={roster.municipality_code, *roster.school_codes},
            pupils=_rows(PUPILS),
            teachers=_rows(TEACHERS),
            classes=_rows(CLASSES),
            links={tuple(vars(row).values()) for row in _rows(LINKS, ("guardian", "student"))},
        )
        return reading


def _rows(statement, names=None):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        names = names or [column.name for column in cursor.description]
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
