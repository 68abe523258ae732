"""The people a compared roster would change, by name: the first of each kind, for a page."""

from collections import namedtuple

from django.db import connection

from apps.people import shown_names

PERSON = "r.family_name || ' ' || r.given_name"
KINDS = {  # the present table, a row's name in the roster, and its present name
    "schools": ("people_school", "r.name", "r.name"),
    "classes": ("people_schoolclass", "r.title", "r.title"),
    "students": ("people_student", PERSON, PERSON),
    "guardians": ("people_guardian", PERSON, PERSON),
    "teachers": ("people_staffpost", PERSON, "r.name"),
}
NEW = """
SELECT {said} FROM {sent} r WHERE NOT EXISTS (SELECT FROM met_{kind} m WHERE m.line = r.line)
ORDER BY r.line LIMIT %(most)s
"""
CHANGED = """
SELECT {now} FROM met_{kind} m JOIN {table} r ON r.id = m.id WHERE m.differs
ORDER BY m.line LIMIT %(most)s
"""
GONE = "SELECT {now} FROM gone_{kind} g JOIN {table} r ON r.id = g.id LIMIT %(most)s"

# A class is named as in the roster.
TITLE = "coalesce(rc.title, c.title, '学級なし')"
CLASS = """
LEFT JOIN people_schoolclass c ON c.id = s.home_class_id
LEFT JOIN roster_classes rc ON rc.id = s.home_class_id
"""
JOINERS = """
SELECT coalesce(c.title, '学級なし'), p.family_name || ' ' || p.given_name
FROM roster_pupils p LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE NOT EXISTS (SELECT FROM met_students m WHERE m.line = p.line)
ORDER BY p.line LIMIT %(most)s
"""
# Whether somebody has finished school depends on the roster's year, not on today.
LEAVERS = f"""
WITH leavers AS (
  SELECT {TITLE} AS title, s.family_name || ' ' || s.given_name AS name,
    s.grade = ANY(%(last)s) AND %(year)s > coalesce(c.school_year, %(year)s) AS has_finished
  FROM gone_students g JOIN people_student s USING (id) {CLASS}),
counted AS (
  SELECT *, count(*) OVER (PARTITION BY has_finished) AS n,
    row_number() OVER (PARTITION BY has_finished ORDER BY title, name) AS place FROM leavers)
SELECT title, name, has_finished, n FROM counted WHERE place <= %(most)s
"""  # noqa: S608
# Grouped and limited by what differs: a new school year changes everybody in the same way.
CHANGED_STUDENTS = """
WITH moved AS (
  SELECT m.line, s.left_at IS NOT NULL AS is_back, s.grade <> p.grade AS in_grade,
    s.school_id <> at.id AS in_school, s.home_class_id IS DISTINCT FROM nc.id AS in_class,
    (s.family_name, s.given_name) <> (p.family_name, p.given_name) AS in_name,
    (s.family_kana, s.given_kana) <> (p.family_kana, p.given_kana) AS in_kana,
    m.moves_code AS in_code, s.family_name || ' ' || s.given_name AS name,
    p.family_name || ' ' || p.given_name AS new_name, s.grade, p.grade AS new_grade,
    sc.name AS school, at.name AS new_school, c.title AS old_class, nc.title AS new_class,
    coalesce(nc.title, rc.title, c.title, '学級なし') AS title
  FROM met_students m JOIN people_student s USING (id) JOIN roster_pupils p USING (line)
  JOIN roster_schools at ON at.source_id = p.school JOIN people_school sc ON sc.id = s.school_id
  LEFT JOIN roster_classes nc ON nc.source_id = p.class
  LEFT JOIN people_schoolclass c ON c.id = s.home_class_id
  LEFT JOIN roster_classes rc ON rc.id = s.home_class_id
  WHERE m.differs),
counted AS (
  SELECT *, count(*) OVER kind AS n, row_number() OVER (kind ORDER BY line) AS place
  FROM moved WINDOW kind AS (
    PARTITION BY is_back, in_grade, in_school, in_class, in_name, in_kana, in_code))
SELECT * FROM counted WHERE place <= %(most)s ORDER BY line
"""
CODE_CHANGES = """
SELECT coalesce(c.title, '学級なし') AS title, s.family_name || ' ' || s.given_name AS name,
  s.local_code AS code, p.local_code AS new_code
FROM met_students m JOIN people_student s USING (id) JOIN roster_pupils p USING (line)
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.moves_code ORDER BY m.line LIMIT %(most)s
"""
# Guardians and teachers whose own row differs: the present name and the roster's.
ADULTS = """
WITH differing AS (
  SELECT 1 AS place, m.line, '保護者' AS title, s.family_name || ' ' || s.given_name AS name,
    p.family_name || ' ' || p.given_name AS new_name,
    (s.family_kana, s.given_kana) <> (p.family_kana, p.given_kana) AS in_kana
  FROM met_guardians m JOIN people_guardian s USING (id) JOIN roster_guardians p USING (line)
  WHERE m.differs
  UNION ALL
  SELECT 2, m.line, '教員', s.name, left(p.family_name || ' ' || p.given_name, 120), false
  FROM met_teachers m JOIN people_staffpost s USING (id) JOIN roster_teachers p USING (line)
  WHERE m.differs),
counted AS (
  SELECT *, name <> new_name AS in_name, count(*) OVER kind AS n,
    row_number() OVER (kind ORDER BY line) AS row_place
  FROM differing WINDOW kind AS (PARTITION BY place, name <> new_name, in_kana))
SELECT title, name, new_name, in_name, in_kana, n, row_place FROM counted
WHERE row_place <= %(most)s ORDER BY place, line
"""
ADDED_LINKS = """
SELECT coalesce(c.title, '学級なし'), p.family_name || ' ' || p.given_name,
  g.family_name || ' ' || g.given_name
FROM roster_ties t JOIN roster_pupils p ON p.line = t.pupil
JOIN roster_guardians g ON g.line = t.guardian LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE NOT EXISTS (SELECT FROM met_links m WHERE m.guardian = t.guardian AND m.pupil = t.pupil)
ORDER BY p.line, g.line LIMIT %(most)s
"""
REMOVED_LINKS = f"""
SELECT {TITLE}, s.family_name || ' ' || s.given_name, r.family_name || ' ' || r.given_name
FROM gone_links l JOIN people_guardianship t USING (id) JOIN people_student s ON s.id = t.student_id
JOIN people_guardian r ON r.id = t.guardian_id {CLASS} LIMIT %(most)s
"""  # noqa: S608
# Of each kind those whom the roster disables, the students first.
SWITCHED_OFF = """
WITH off AS (
  SELECT 1 AS place, line, class, family_name, given_name FROM roster_pupils WHERE NOT is_enabled
  UNION ALL
  SELECT 2, line, NULL, family_name, given_name FROM roster_guardians WHERE NOT is_enabled
  UNION ALL
  SELECT 3, line, class, family_name, given_name FROM roster_teachers WHERE NOT is_enabled)
SELECT CASE place WHEN 1 THEN coalesce(c.title, '学級なし') WHEN 2 THEN '保護者' ELSE '教員' END AS title,
  o.family_name || ' ' || o.given_name AS name, count(*) OVER () AS n
FROM off o LEFT JOIN roster_classes c ON c.source_id = o.class
ORDER BY o.place, o.line LIMIT %(most)s
"""
N_SWITCHED_OFF = """
SELECT count(*) AS n FROM (
  SELECT FROM roster_pupils WHERE NOT is_enabled UNION ALL
  SELECT FROM roster_guardians WHERE NOT is_enabled UNION ALL
  SELECT FROM roster_teachers WHERE NOT is_enabled) off
"""


def changed_names(kind, sent, most):
    """(new, changed, gone): at most ``most`` names of each; ``sent`` is the roster's table."""
    if kind == "links":
        new, gone = preview_rows(ADDED_LINKS, most), preview_rows(REMOVED_LINKS, most)
        return [
            [f"{adult} → {student}" for _, student, adult in found] for found in (new, (), gone)
        ]
    table, said, now = KINDS[kind]
    values = {"kind": kind, "table": table, "said": said, "now": now, "sent": sent}
    return [
        [name for (name,) in preview_rows(statement.format(**values), most)]
        for statement in (NEW, CHANGED, GONE)
    ]


def preview_rows(statement, most, **values):
    """The rows of one of this file's statements."""
    with connection.cursor() as cursor:
        cursor.execute(statement, {"most": most, **values})
        row = namedtuple("Row", [c.name for c in cursor.description], rename=True)
        found = [row(*cells) for cells in cursor.fetchall()]
    shown_names.note_other_names(len(found))
    return found
