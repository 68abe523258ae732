"""Compares a staged roster with the present people and writes the difference, in sets.

``identity_resolution`` has given everybody an id in ``resolved_*`` before. ``compare_with_current``
creates, for each kind, a table of people who are present already (``matched_*``, with whether they
differ) and of people no longer named (``leaving_*``); whoever is not matched is new.
``write_changes`` touches only rows that differ. Everything runs in the caller's transaction.
"""

from dataclasses import dataclass

from django.db import connection

from apps.core import statistics
from apps.roster.services import identity_resolution
from apps.roster.services.statements import load_statement

KINDS = ("schools", "classes", "students", "guardians", "links", "teachers")
TABLES = [
    f"{what}_{kind}" for what in ("roster", "matched", "leaving") for kind in ("schools", "classes")
] + [f"{what}_{kind}" for what in ("matched", "leaving") for kind in KINDS[2:]]

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
# A guardian with children at other schools as well keeps the present number: each school's system
# numbers adults in its own way, and both would else change it back and forth for ever.
GUARDIAN_NUMBER = """
CASE WHEN g.source_id = p.source_id OR g.master_id IS DISTINCT FROM p.master_id THEN p.source_id
  WHEN EXISTS (SELECT FROM people_guardianship l JOIN people_student k ON k.id = l.student_id
    WHERE l.guardian_id = g.id AND l.ended_at IS NULL AND k.left_at IS NULL
      AND k.school_id NOT IN (SELECT id FROM matched_schools)) THEN g.source_id
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
TEACHER_CURRENT = """
(t.source_id, t.master_id, t.is_enabled, t.school_class_id, t.name, t.role, t.ends_on)
"""
TEACHER_SENT = """
(p.source_id, p.master_id, p.is_enabled, c.id, left(p.family_name || ' ' || p.given_name, 120),
 CASE WHEN c.id IS NULL THEN 'teacher' ELSE 'homeroom' END, NULL::date)
"""
# What each kind's statements compare and write: the columns sent and the present ones.
COLUMNS = {
    "students": {
        "sent": STUDENT_SENT, "current": STUDENT_CURRENT, "changes_code": CHANGES_CODE,
    },
    "guardians": {"sent": GUARDIAN_SENT, "current": GUARDIAN_CURRENT},
    "teachers": {"sent": TEACHER_SENT, "current": TEACHER_CURRENT},
}  # fmt: skip
# (the kind whose identities are resolved before, the statements that compare it), in this order
COMPARISONS = (
    ("schools", ("roster_schools", "roster_classes", "compare_schools", "compare_classes")),
    ("students", ("compare_students",)),
    ("guardians", ("compare_guardians", "compare_links")),
    ("teachers", ("compare_teachers",)),
)
SENT_TABLES = {
    "schools": "roster_schools", "classes": "roster_classes", "students": "roster_students",
    "guardians": "roster_guardians", "links": "roster_links", "teachers": "roster_teachers",
}  # fmt: skip
# The statements that write each kind. Codes and numbers may have been exchanged: those that change
# are released before any is set anew.
WRITES = {
    "schools": ("update_schools", "insert_schools"),
    "classes": ("update_classes", "insert_classes"),
    "students": (
        "release_student_numbers", "release_student_master_ids", "release_student_codes",
        "update_students", "insert_students",
    ),
    "guardians": ("release_guardian_master_ids", "update_guardians", "insert_guardians"),
    "links": ("insert_links",),
    "teachers": ("release_teacher_numbers", "update_teachers", "insert_teachers"),
}  # fmt: skip
MAX_LINES = 300  # code changes listed in a report


@dataclass(frozen=True)
class CodeChanges:
    """How many present students would get another 管理コード, or lose it; ``digest`` covers all of them.

    ``lines`` are their rows in users.csv, the first MAX_LINES of them.
    """

    number: int = 0
    digest: str = ""
    lines: tuple[int, ...] = ()


# The columns that later statements join by.
INSERT_COLUMNS = {
    "students": "people_student (id, municipality_id, school_id, source_id, master_id, local_code)",
    "guardians": "people_guardian (id, municipality_id, source_id, master_id)",
    "links": "people_guardianship (guardian_id, student_id, municipality_id)",
}
ANALYSE_FROM = 1000  # rows; fewer changes do not mislead the planner


def analyse_tables(kind, n_written):
    """Update the planner's statistics of the people of a kind after a bulk write."""
    if kind in INSERT_COLUMNS:
        statistics.analyse_after(n_written, INSERT_COLUMNS[kind], at_least=ANALYSE_FROM)


def compare_with_current(municipality_id, school_year, answers):
    """Create the tables of matched and leaving people; returns [IdentityQuestion].

    With ``municipality_id`` None nobody is present. ``answers`` are {answer_key: an answer}.
    """
    values = {"of": municipality_id, "year": school_year}
    questions = []
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {', '.join(TABLES)}")
        for kind, names in COMPARISONS:
            questions += identity_resolution.resolve_identities(kind, municipality_id, answers)
            for name in names:
                cursor.execute(load_statement(name, **COLUMNS.get(kind, {})), values)
    return questions


def change_counts():
    """{kind: {new, changed, gone, unchanged}}."""
    words = ("new", "changed", "gone", "unchanged")
    found = {}
    with connection.cursor() as cursor:
        for kind in KINDS:
            cursor.execute(load_statement("change_counts", kind=kind, sent=SENT_TABLES[kind]))
            found[kind] = dict(zip(words, cursor.fetchone(), strict=True))
    return found


def code_changes() -> CodeChanges:
    """The codes of present students that the compared roster would change."""
    with connection.cursor() as cursor:
        cursor.execute(load_statement("code_changes"), {"most": MAX_LINES})
        number, digest, lines = cursor.fetchone()
    return CodeChanges(number, digest[:32], tuple(lines))


def mark_left(now, today):
    """Mark everybody no longer named as left; nobody is deleted."""
    with connection.cursor() as cursor:
        cursor.execute(load_statement("mark_left"), {"now": now, "today": today})


def write_changes(kind, municipality_id, school_year, now, frees=False):
    """Update rows that differ and insert new ones, of one kind (KINDS, in that order).

    ``frees``: somebody was given a 共通ID that another may have had.
    """
    values = {"of": municipality_id, "year": school_year, "now": now, "frees": frees}
    with connection.cursor() as cursor:
        for name in WRITES[kind]:
            cursor.execute(load_statement(name, **COLUMNS.get(kind, {})), values)
