"""Compares a staged roster with the present people and writes the difference, in sets.

``identity_resolution`` has given everybody an id in ``resolved_*`` before. ``compare_with_current``
creates, for each kind, a table of people who are present already (``matched_*``, with whether they
differ) and of people no longer named (``leaving_*``); whoever is not matched is new.
``write_changes`` touches only rows that differ. Everything runs in the caller's transaction.
"""

from dataclasses import dataclass

from django.db import connection

from apps.roster.services import identity_resolution

KINDS = ("schools", "classes", "students", "guardians", "links", "teachers")
TABLES = [
    f"{what}_{kind}" for what in ("roster", "met", "gone") for kind in ("schools", "classes")
] + [f"{what}_{kind}" for what in ("met", "gone") for kind in KINDS[2:]]

SCHOOLS = """
CREATE TEMPORARY TABLE roster_schools ON COMMIT DROP AS
SELECT o.line, o.source_id, o.identifier AS code, o.name, k.id, NOT k.is_new AS is_met,
  (old.source_id, old.code, old.name) IS DISTINCT FROM (o.source_id, o.identifier, o.name) AS differs
FROM sent_orgs o JOIN known_schools k USING (line) LEFT JOIN people_school old ON old.id = k.id;
CREATE TEMPORARY TABLE roster_classes ON COMMIT DROP AS
SELECT c.line, c.source_id, s.id AS school_id, c.grade, c.title,
  c.special_needs = 'true' AS special_needs,
  coalesce(old.id, gen_random_uuid()) AS id, old.id IS NOT NULL AS is_met,
  (old.grade, old.title, old.school_year, old.special_needs, old.gone_at) IS DISTINCT FROM
    (c.grade, c.title, %(year)s, c.special_needs = 'true', NULL) AS differs
FROM sent_classes c JOIN roster_schools s ON s.source_id = c.school
LEFT JOIN people_schoolclass old ON old.school_id = s.id AND old.source_id = c.source_id
WHERE c.class_type = 'homeroom';
CREATE TEMPORARY TABLE met_schools ON COMMIT DROP AS
SELECT line, id, differs FROM roster_schools WHERE is_met;
CREATE TEMPORARY TABLE met_classes ON COMMIT DROP AS
SELECT line, id, differs FROM roster_classes WHERE is_met;
CREATE TEMPORARY TABLE gone_schools (id uuid) ON COMMIT DROP;
CREATE TEMPORARY TABLE gone_classes ON COMMIT DROP AS
SELECT c.id FROM people_schoolclass c JOIN met_schools s ON s.id = c.school_id
WHERE c.gone_at IS NULL AND NOT EXISTS (SELECT FROM met_classes m WHERE m.id = c.id);
ANALYZE roster_schools, roster_classes, met_schools, met_classes;
"""
STUDENT_CURRENT = """
(s.school_id, s.source_id, s.master_id, s.local_code, s.grade, s.home_class_id,
 s.attendance_number, s.family_name, s.given_name, s.family_kana, s.given_kana, s.birth_month,
 s.is_enabled, s.left_at)
"""
STUDENT_SENT = """
(at.id, p.source_id, p.master_id, p.local_code, p.grade, c.id,
 p.number, p.family_name, p.given_name, p.family_kana, p.given_kana,
 coalesce(p.birth_month, s.birth_month), p.is_enabled, NULL::timestamptz)
"""
# A school's files identify a student by the code: a present code that would change or vanish needs
# approval. Codes belong to a school, so students from another school get a new one.
CHANGES_CODE = """
coalesce(s.left_at IS NULL AND s.school_id = at.id AND s.local_code NOT IN ('', p.local_code), false)
"""
STUDENTS = (
    """
CREATE TEMPORARY TABLE met_students ON COMMIT DROP AS
SELECT p.line, s.id, {now} IS DISTINCT FROM {said} AS differs, {moves_code} AS moves_code
FROM roster_pupils p JOIN known_students k USING (line) JOIN people_student s ON s.id = k.id
LEFT JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class;
ANALYZE met_students;
CREATE TEMPORARY TABLE gone_students ON COMMIT DROP AS
SELECT s.id, s.school_id FROM people_student s JOIN met_schools at ON at.id = s.school_id
WHERE s.left_at IS NULL AND NOT EXISTS (SELECT FROM met_students m WHERE m.id = s.id);
ANALYZE gone_students;
""".replace("{now}", STUDENT_CURRENT)
    .replace("{said}", STUDENT_SENT)
    .replace("{moves_code}", CHANGES_CODE)
)
# A guardian with children at other schools as well keeps the present number: each school's system
# numbers adults in its own way, and both would else change it back and forth for ever.
GUARDIAN_NUMBER = """
CASE WHEN g.source_id = p.source_id OR g.master_id IS DISTINCT FROM p.master_id THEN p.source_id
  WHEN EXISTS (SELECT FROM people_guardianship l JOIN people_student k ON k.id = l.student_id
    WHERE l.guardian_id = g.id AND l.ended_at IS NULL AND k.left_at IS NULL
      AND k.school_id NOT IN (SELECT id FROM met_schools)) THEN g.source_id
  ELSE p.source_id END
"""
GUARDIAN_SENT = f"""
({GUARDIAN_NUMBER}, p.master_id, p.family_name, p.given_name, p.family_kana, p.given_kana, p.is_enabled,
 NULL::timestamptz)
"""
GUARDIAN_CURRENT = """
(g.source_id, g.master_id, g.family_name, g.given_name, g.family_kana, g.given_kana, g.is_enabled,
 g.left_at)
"""
# A roster without any guardian says nothing about them; one that names some names all that a roster
# has named before. Guardians who registered with a letter were confirmed by the school: no roster
# ends that. Nor does it restore a guardianship ended by its guardian or by an act of the school.
GUARDIANS = """
CREATE TEMPORARY TABLE met_guardians ON COMMIT DROP AS
SELECT p.line, g.id, {now} IS DISTINCT FROM {said} AS differs
FROM roster_guardians p JOIN known_guardians k USING (line) JOIN people_guardian g ON g.id = k.id;
CREATE TEMPORARY TABLE gone_guardians (id uuid) ON COMMIT DROP;
ANALYZE met_guardians;
CREATE TEMPORARY TABLE met_links ON COMMIT DROP AS
SELECT t.guardian, t.pupil, l.id, false AS differs
FROM roster_ties t JOIN met_guardians g ON g.line = t.guardian JOIN met_students s ON s.line = t.pupil
JOIN people_guardianship l ON l.guardian_id = g.id AND l.student_id = s.id
  AND (l.ended_at IS NULL OR l.ended_by_self)
UNION ALL
SELECT t.guardian, t.pupil, NULL, false
FROM roster_ties t JOIN met_guardians g ON g.line = t.guardian JOIN met_students s ON s.line = t.pupil
WHERE EXISTS (SELECT FROM people_guardianshipend e
    WHERE e.guardian_id = g.id AND e.student_id = s.id)
  AND NOT EXISTS (SELECT FROM people_guardianship l WHERE l.guardian_id = g.id
    AND l.student_id = s.id AND (l.ended_at IS NULL OR l.ended_by_self));
ANALYZE met_links;
CREATE TEMPORARY TABLE gone_links ON COMMIT DROP AS
SELECT l.id FROM people_guardianship l JOIN met_students s ON s.id = l.student_id
WHERE l.ended_at IS NULL AND l.origin = 'roster' AND EXISTS (SELECT FROM roster_guardians)
  AND NOT EXISTS (SELECT FROM met_links m WHERE m.id = l.id);
ANALYZE gone_links;
""".replace("{now}", GUARDIAN_CURRENT).replace("{said}", GUARDIAN_SENT)
TEACHER_CURRENT = """
(t.source_id, t.master_id, t.is_enabled, t.school_class_id, t.name, t.role, t.ends_on)
"""
TEACHER_SENT = """
(p.source_id, p.master_id, p.is_enabled, c.id, left(p.family_name || ' ' || p.given_name, 120),
 CASE WHEN c.id IS NULL THEN 'teacher' ELSE 'homeroom' END, NULL::date)
"""
TEACHERS = """
CREATE TEMPORARY TABLE met_teachers ON COMMIT DROP AS
SELECT p.line, t.id, {now} IS DISTINCT FROM {said} AS differs
FROM roster_teachers p JOIN known_teachers k USING (line) JOIN people_staffpost t ON t.id = k.id
LEFT JOIN roster_classes c ON c.source_id = p.class;
ANALYZE met_teachers;
CREATE TEMPORARY TABLE gone_teachers ON COMMIT DROP AS
SELECT t.id FROM people_staffpost t JOIN met_schools at ON at.id = t.school_id
WHERE t.source_id <> '' AND t.ends_on IS NULL
  AND NOT EXISTS (SELECT FROM met_teachers m WHERE m.id = t.id);
""".replace("{now}", TEACHER_CURRENT).replace("{said}", TEACHER_SENT)
STEPS = (
    (SCHOOLS, ("schools",)), (STUDENTS, ("students",)), (GUARDIANS, ("guardians",)),
    (TEACHERS, ("teachers",)),
)  # fmt: skip
SENT_TABLES = {
    "schools": "roster_schools", "classes": "roster_classes", "students": "roster_pupils",
    "guardians": "roster_guardians", "links": "roster_ties", "teachers": "roster_teachers",
}  # fmt: skip
COUNT = """
SELECT (SELECT count(*) FROM {said}) - (SELECT count(*) FROM met_{kind}),
  (SELECT count(*) FROM met_{kind} WHERE differs), (SELECT count(*) FROM gone_{kind}),
  (SELECT count(*) FROM met_{kind} WHERE NOT differs)
"""
MAX_LINES = 300  # code changes listed in a report
# The digest covers all of them: who, from which code, to which.
CODE_CHANGES = """
SELECT count(*), coalesce(encode(sha256(convert_to(string_agg(
  m.id || to_jsonb(ARRAY[s.local_code, p.local_code])::text, ',' ORDER BY m.id), 'UTF8')), 'hex'), ''),
  coalesce((array_agg(m.line ORDER BY m.line))[:%(most)s], '{}')
FROM met_students m JOIN people_student s USING (id) JOIN roster_pupils p USING (line)
WHERE m.moves_code
"""


@dataclass(frozen=True)
class CodeChanges:
    """How many present students would get another 管理コード, or lose it; ``digest`` covers all of them.

    ``lines`` are their rows in users.csv, the first MAX_LINES of them.
    """

    number: int = 0
    digest: str = ""
    lines: tuple[int, ...] = ()


# -- write ----------------------------------------------------------------------------------------

MARK_LEFT = """
UPDATE people_schoolclass SET gone_at = %(now)s WHERE id IN (SELECT id FROM gone_classes);
UPDATE people_student SET left_at = %(now)s WHERE id IN (SELECT id FROM gone_students);
UPDATE people_guardianship SET ended_at = %(now)s WHERE id IN (SELECT id FROM gone_links);
UPDATE people_staffpost SET ends_on = %(today)s WHERE id IN (SELECT id FROM gone_teachers);
"""
WRITE = {
    "schools": """
UPDATE people_school s SET source_id = r.source_id, code = r.code, name = r.name
FROM roster_schools r WHERE r.id = s.id AND r.is_met AND r.differs;
INSERT INTO people_school (id, municipality_id, source_id, code, name)
SELECT id, %(of)s, source_id, code, name FROM roster_schools WHERE NOT is_met;
""",
    "classes": """
UPDATE people_schoolclass c SET grade = r.grade, title = r.title, school_year = %(year)s,
  special_needs = r.special_needs, gone_at = NULL
FROM roster_classes r WHERE r.id = c.id AND r.is_met AND r.differs;
INSERT INTO people_schoolclass
  (id, municipality_id, school_id, source_id, school_year, grade, title, special_needs)
SELECT id, %(of)s, school_id, source_id, %(year)s, grade, title, special_needs
FROM roster_classes WHERE NOT is_met;
""",
    # Codes and numbers may have been exchanged: clear those that change before any is set anew.
    "students": """
UPDATE people_student s SET source_id = 'moving-' || s.id
FROM met_students m JOIN roster_pupils p USING (line)
WHERE m.differs AND m.id = s.id AND s.left_at IS NULL AND s.source_id <> p.source_id;
UPDATE people_student s SET master_id = NULL FROM roster_pupils p JOIN known_students k USING (line)
WHERE %(frees)s AND s.municipality_id = %(of)s AND s.master_id = p.master_id AND s.id <> k.id;
UPDATE people_student s SET local_code = ''
FROM met_students m JOIN roster_pupils p USING (line) JOIN roster_schools at ON at.source_id = p.school
WHERE m.differs AND m.id = s.id AND s.local_code <> '' AND s.left_at IS NULL
  AND (s.school_id, s.local_code) IS DISTINCT FROM (at.id, p.local_code);
UPDATE people_student s SET (school_id, source_id, master_id, local_code, grade, home_class_id,
 attendance_number, family_name, given_name, family_kana, given_kana, birth_month, is_enabled,
 left_at) = {said}
FROM met_students m JOIN roster_pupils p USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.differs AND m.id = s.id;
INSERT INTO people_student (id, municipality_id, school_id, source_id, master_id, local_code, grade,
  home_class_id, attendance_number, family_name, given_name, family_kana, given_kana, birth_month,
  is_enabled)
SELECT k.id, %(of)s, at.id, p.source_id, p.master_id, p.local_code, p.grade,
  c.id, p.number, p.family_name, p.given_name, p.family_kana, p.given_kana, p.birth_month,
  p.is_enabled
FROM roster_pupils p JOIN known_students k USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class WHERE k.is_new;
""".replace("{said}", STUDENT_SENT),
    "guardians": """
UPDATE people_guardian g SET master_id = NULL
FROM roster_guardians p JOIN known_guardians k USING (line)
WHERE %(frees)s AND g.municipality_id = %(of)s AND g.master_id = p.master_id AND g.id <> k.id;
UPDATE people_guardian g SET (source_id, master_id, family_name, given_name, family_kana,
 given_kana, is_enabled, left_at) = {said}
FROM met_guardians m JOIN roster_guardians p USING (line) WHERE m.differs AND m.id = g.id;
INSERT INTO people_guardian
  (id, municipality_id, source_id, master_id, family_name, given_name, family_kana, given_kana,
   is_enabled)
SELECT k.id, %(of)s, p.source_id, p.master_id, p.family_name, p.given_name, p.family_kana,
  p.given_kana, p.is_enabled
FROM roster_guardians p JOIN known_guardians k USING (line) WHERE k.is_new;
""".replace("{said}", GUARDIAN_SENT),
    # Only tables of this roster are read: no statement waits for statistics of the present people.
    "links": """
INSERT INTO people_guardianship (id, municipality_id, guardian_id, student_id, began_at)
SELECT gen_random_uuid(), %(of)s, g.id, s.id, %(now)s
FROM roster_ties t JOIN known_guardians g ON g.line = t.guardian
JOIN known_students s ON s.line = t.pupil
WHERE NOT EXISTS (
  SELECT FROM met_links m WHERE m.guardian = t.guardian AND m.pupil = t.pupil);
""",
    "teachers": """
UPDATE people_staffpost t SET source_id = ''
FROM met_teachers m JOIN roster_teachers p USING (line)
WHERE m.differs AND m.id = t.id AND t.source_id <> p.source_id;
UPDATE people_staffpost t SET (source_id, master_id, is_enabled, school_class_id, name, role,
 ends_on) = {said}
FROM met_teachers m JOIN roster_teachers p USING (line)
LEFT JOIN roster_classes c ON c.source_id = p.class
WHERE m.differs AND m.id = t.id;
INSERT INTO people_staffpost (id, municipality_id, school_id, source_id, master_id, is_enabled,
  school_class_id, name, role)
SELECT k.id, %(of)s, at.id, p.source_id, p.master_id, p.is_enabled, c.id,
  left(p.family_name || ' ' || p.given_name, 120),
  CASE WHEN c.id IS NULL THEN 'teacher' ELSE 'homeroom' END
FROM roster_teachers p JOIN known_teachers k USING (line)
JOIN roster_schools at ON at.source_id = p.school
LEFT JOIN roster_classes c ON c.source_id = p.class WHERE k.is_new;
""".replace("{said}", TEACHER_SENT),
}  # fmt: skip


# The columns that later statements join by. A sample takes some 50 ms, whatever the table's size.
INSERT_COLUMNS = {
    "students": "people_student (id, municipality_id, school_id, source_id, master_id, local_code)",
    "guardians": "people_guardian (id, municipality_id, source_id, master_id)",
    "links": "people_guardianship (guardian_id, student_id, municipality_id)",
}
ANALYSE_FROM = 1000  # rows; fewer changes do not mislead the planner


def analyse_tables(kind, n_written):
    """Update the planner's statistics after a bulk write.

    Without them it takes a new city for an empty one and joins everybody by nested loops.
    Autovacuum comes a minute later at best, and the next statements depend on it.
    """
    if kind in INSERT_COLUMNS and n_written >= ANALYSE_FROM:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {INSERT_COLUMNS[kind]}")


def compare_with_current(municipality_id, school_year, said):
    """Create the tables of matched and leaving people; returns [IdentityQuestion].

    With ``municipality_id`` None nobody is present. ``said`` is {answer_key: an answer}.
    """
    values = {"of": municipality_id, "year": school_year}
    questions = []
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
        for statement, kinds in STEPS:
            for kind in kinds:
                questions += identity_resolution.resolve_identities(kind, municipality_id, said)
            cursor.execute(statement, values)
    return questions


def change_counts():
    """{kind: {new, changed, gone, unchanged}}."""
    words = ("new", "changed", "gone", "unchanged")
    found = {}
    with connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(COUNT.format(kind=kind, said=SENT_TABLES[kind]))
            found[kind] = dict(zip(words, cursor.fetchone(), strict=True))
    return found


def code_changes() -> CodeChanges:
    """The codes of present students that the compared roster would change."""
    with connection.cursor() as cursor:
        cursor.execute(CODE_CHANGES, {"most": MAX_LINES})
        number, digest, lines = cursor.fetchone()
    return CodeChanges(number, digest[:32], tuple(lines))


def mark_left(now, today):
    """Mark everybody no longer named as left; nobody is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(MARK_LEFT, {"now": now, "today": today})


def write_changes(kind, municipality_id, school_year, now, frees=False):
    """Update rows that differ and insert new ones, of one kind (KINDS, in that order).

    ``frees``: somebody was given a 共通ID that another may have had.
    """
    values = {"of": municipality_id, "year": school_year, "now": now, "frees": frees}
    with connection.cursor() as cursor:
        cursor.execute(WRITE[kind], values)
