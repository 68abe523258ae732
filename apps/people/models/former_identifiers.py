# ruff: noqa: S608 - put together of constants only
"""Former codes and class numbers of students: a file may still use them.

Written by triggers, so that it holds whoever changes a student: import, page or command.
"""

import pgtrigger
from django.db import models

from apps.core.constraints import choices_check, unique
from apps.core.models import UUIDModel
from apps.core.time_zone import JST
from apps.people.models.choices import IdentifierKind


class FormerIdentifier(UUIDModel):
    """A student's former code or class number, until which day, and since when the next one has it.

    ``name`` is the code, or ``grade|title of the class|number``. ``next_since`` is None as long as
    nobody else has it. For one student and name only the last time is kept.
    """

    school = models.ForeignKey(
        "people.School", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    student = models.ForeignKey("people.Student", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField("種類", max_length=4, choices=IdentifierKind.choices)
    name = models.CharField("名前", max_length=120)
    held_until = models.DateField("この日まで")
    next_since = models.DateField("つぎの人は この日から", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "前に 使って いた 人"
        constraints = [
            choices_check("kind", IdentifierKind),
            unique(["school", "kind", "name", "student"], name="former_holder_once"),
        ]

    def __str__(self):
        return f"{self.get_kind_display()} ({self.held_until})"


TODAY_SQL = f"(now() AT TIME ZONE '{JST.key}')::date"
SCHOOL_YEAR_END_SQL = f"make_date(extract(year FROM {TODAY_SQL} - interval '3 months')::int, 3, 31)"
CLASS_POSITION_SQL = "{0}.grade || '|' || {1}.title || '|' || {0}.attendance_number"
# A change of grade is a new school year: the number was given up at the end of the last one and
# belongs to the next student from the first of April, although the roster came days later.
RECORD_FORMER_SQL = f"""
INSERT INTO people_formeridentifier (id, school_id, student_id, kind, name, held_until)
SELECT gen_random_uuid(), school_id, id, kind, name, until FROM ({{lost}}) lost
WHERE name <> ''
ON CONFLICT (school_id, kind, name, student_id)
  DO UPDATE SET held_until = EXCLUDED.held_until, next_since = NULL;
UPDATE people_formeridentifier f SET next_since =
  CASE WHEN f.kind = 'seat' AND f.held_until = {SCHOOL_YEAR_END_SQL} AND {TODAY_SQL} < {SCHOOL_YEAR_END_SQL} + 31
    THEN {SCHOOL_YEAR_END_SQL} + 1 ELSE {TODAY_SQL} END
FROM ({{gained}}) gained
WHERE f.school_id = gained.school_id AND f.kind = gained.kind AND f.name = gained.name
  AND f.student_id <> gained.id;
RETURN NULL;
"""
GAINED_BY_NEW_SQL = f"""
SELECT n.id, n.school_id, 'code' AS kind, n.local_code AS name FROM after_rows n
WHERE n.left_at IS NULL
UNION ALL
SELECT n.id, n.school_id, 'seat', {CLASS_POSITION_SQL.format("n", "c")}
FROM after_rows n JOIN people_schoolclass c ON c.id = n.home_class_id WHERE n.left_at IS NULL
"""
LEFT_ON_SQL = f"coalesce((n.left_at AT TIME ZONE '{JST.key}')::date, {TODAY_SQL})"
CODE_CHANGED_SQL = "(o.school_id, o.local_code) IS DISTINCT FROM (n.school_id, n.local_code)"
POSITION_COLUMNS = "{0}.school_id, {0}.grade, {0}.home_class_id, {0}.attendance_number"
POSITION_CHANGED_SQL = (
    f"({POSITION_COLUMNS.format('o')}) IS DISTINCT FROM ({POSITION_COLUMNS.format('n')})"
)
LOST_SQL = f"""
SELECT o.id, o.school_id, 'code' AS kind, o.local_code AS name, {LEFT_ON_SQL} AS until
FROM before_rows o JOIN after_rows n USING (id)
WHERE o.left_at IS NULL AND (n.left_at IS NOT NULL OR {CODE_CHANGED_SQL})
UNION ALL
SELECT o.id, o.school_id, 'seat', {CLASS_POSITION_SQL.format("o", "c")},
  CASE WHEN n.left_at IS NULL AND n.grade <> o.grade THEN {SCHOOL_YEAR_END_SQL} ELSE {LEFT_ON_SQL} END
FROM before_rows o JOIN after_rows n USING (id) JOIN people_schoolclass c ON c.id = o.home_class_id
WHERE o.left_at IS NULL AND (n.left_at IS NOT NULL OR {POSITION_CHANGED_SQL})
"""
GAINED_SQL = f"""
SELECT n.id, n.school_id, 'code' AS kind, n.local_code AS name
FROM before_rows o JOIN after_rows n USING (id)
WHERE n.left_at IS NULL AND (o.left_at IS NOT NULL OR {CODE_CHANGED_SQL})
UNION ALL
SELECT n.id, n.school_id, 'seat', {CLASS_POSITION_SQL.format("n", "c")}
FROM before_rows o JOIN after_rows n USING (id) JOIN people_schoolclass c ON c.id = n.home_class_id
WHERE n.left_at IS NULL AND (o.left_at IS NOT NULL OR {POSITION_CHANGED_SQL})
"""
SKIP_IF_UNCHANGED_SQL = f"""
IF NOT EXISTS (
  SELECT FROM before_rows o JOIN after_rows n USING (id)
  WHERE o.left_at IS DISTINCT FROM n.left_at OR {CODE_CHANGED_SQL} OR {POSITION_CHANGED_SQL}
) THEN RETURN NULL; END IF;
"""
RETITLED_CLASS_SQL = f"""
SELECT s.id, s.school_id, 'seat' AS kind, {CLASS_POSITION_SQL.format("s", "{0}")} AS name, {TODAY_SQL} AS until
FROM before_rows o JOIN after_rows n USING (id)
JOIN people_student s ON s.home_class_id = n.id AND s.left_at IS NULL WHERE o.title <> n.title
"""


def _after(name, operation, func, **rows):
    return pgtrigger.Trigger(
        name=name, operation=operation, level=pgtrigger.Statement, when=pgtrigger.After,
        referencing=pgtrigger.Referencing(**rows), func=func,
    )  # fmt: skip


TRANSITION_TABLES = {"old": "before_rows", "new": "after_rows"}
NOTHING_LOST_SQL = "SELECT id, school_id, 'code' AS kind, '' AS name, NULL::date AS until FROM after_rows WHERE false"
STUDENT_TRIGGERS = [
    _after(
        "former_holders_of_new", pgtrigger.Insert,
        "IF NOT EXISTS (SELECT FROM people_formeridentifier) THEN RETURN NULL; END IF;"
        + RECORD_FORMER_SQL.format(lost=NOTHING_LOST_SQL, gained=GAINED_BY_NEW_SQL), new="after_rows",
    ),
    _after(
        "former_holders", pgtrigger.Update,
        SKIP_IF_UNCHANGED_SQL + RECORD_FORMER_SQL.format(lost=LOST_SQL, gained=GAINED_SQL), **TRANSITION_TABLES,
    ),
]  # fmt: skip
CLASS_TRIGGERS = [
    _after(
        "former_holders_of_class", pgtrigger.Update,
        "IF NOT EXISTS (SELECT FROM before_rows o JOIN after_rows n USING (id)"
        " WHERE o.title <> n.title) THEN RETURN NULL; END IF;"
        + RECORD_FORMER_SQL.format(lost=RETITLED_CLASS_SQL.format("o"), gained=RETITLED_CLASS_SQL.format("n")), **TRANSITION_TABLES,
    ),
]  # fmt: skip
