"""Matches the rows of a staged roster with the present people: by 共通ID first, then by number.

``resolve_identities`` creates, for a kind, the table ``resolved_<kind>`` (line, id, is_new), in
which everybody has an id, new people too. Rows whose identifiers disagree, or agree on a person
with quite another given name, become questions (``oneroster.identity_questions``).
"""

from dataclasses import dataclass

from django.db import connection

from apps.roster.oneroster.identity_questions import IdentityAnswer, IdentityQuestion, valid_answers
from apps.roster.services.statements import load_statement

PERSON = "{0}.family_name || ' ' || {0}.given_name"
OTHER_NAME = """
((s.family_name, s.given_name) <> (p.family_name, p.given_name)
 AND (s.family_kana, s.given_kana) <> (p.family_kana, p.given_kana))
"""
# Equivalent spellings: width, spaces, and hiragana for katakana.
SAME_WRITING = r"regexp_replace(normalize({0}, NFKC), '\s', '', 'g')"
HIRAGANA = "".join(map(chr, range(0x3041, 0x3097)))
KATAKANA = "".join(map(chr, range(0x30A1, 0x30F7)))
SAME_KANA = f"translate({SAME_WRITING}, '{HIRAGANA}', '{KATAKANA}')"
OTHER_GIVEN = "{} <> {}".format(*map(SAME_WRITING.format, ("s.given_name", "p.given_name")))
OTHER_GIVEN_KANA = "{} <> {}".format(*map(SAME_KANA.format, ("s.given_kana", "p.given_kana")))
RENAMED = f"(s.given_name <> p.given_name AND {OTHER_GIVEN} AND {OTHER_GIVEN_KANA})"
OTHER_BIRTH = "coalesce(s.birth_month <> p.birth_month, false)"
RENAMED_STUDENT = f"""
(s.given_name <> p.given_name AND {OTHER_GIVEN} AND ({OTHER_GIVEN_KANA} OR {OTHER_BIRTH}))
"""
# A post has one name and no kana.
RENAMED_TEACHER = f"""
(s.name <> left({PERSON.format("p")}, 120) AND
 right({SAME_WRITING.format("s.name")}, char_length({SAME_WRITING.format("p.given_name")}))
 <> {SAME_WRITING.format("p.given_name")})
"""


@dataclass(frozen=True)
class MatchedKind:
    """How the rows of a kind are joined with the present people (``p`` sent, ``s`` present).

    ``near``: the present one may be meant by its number (not a guardian of another school too,
    whose number that school gave and who has a row of their own here). ``present``: it is there
    today. ``is_elsewhere``: somebody outside this roster depends on its 共通ID. ``renamed``: the
    given name is quite another (the family name may change).
    """

    sent: str
    table: str
    key: str
    sent_name: str
    present_name: str
    near: str
    present: str
    is_elsewhere: str
    looks_other: str = OTHER_NAME
    renamed: str = RENAMED
    joined: str = ""


MATCHED_KINDS = {
    "schools": MatchedKind(
        "(SELECT o.*, o.identifier AS code FROM sent_orgs o WHERE o.type = 'school')",
        "people_school", "code", "{0}.name", "{0}.name",
        near="true", present="true", is_elsewhere="true", looks_other="false",
        renamed="false",
    ),
    "students": MatchedKind(
        "roster_students", "people_student", "master_id", PERSON, PERSON,
        near="s.left_at IS NULL AND s.school_id IN (SELECT id FROM matched_schools)",
        present="s.left_at IS NULL AND s.school_id IN (SELECT id FROM matched_schools)",
        is_elsewhere="b.left_at IS NULL AND b.school_id NOT IN (SELECT id FROM matched_schools)",
        renamed=RENAMED_STUDENT,
    ),
    "guardians": MatchedKind(
        "roster_guardians", "people_guardian", "master_id", PERSON, PERSON,
        near="""EXISTS (SELECT FROM people_guardianship l JOIN people_student k
          ON k.id = l.student_id WHERE l.guardian_id = s.id
          AND k.school_id IN (SELECT id FROM matched_schools))
          AND (s.master_id IN (SELECT o.master_id FROM roster_guardians o)
            AND EXISTS (SELECT FROM people_guardianship l JOIN people_student k
            ON k.id = l.student_id WHERE l.guardian_id = s.id AND l.ended_at IS NULL
            AND k.left_at IS NULL AND k.school_id NOT IN (SELECT id FROM matched_schools))) IS NOT TRUE""",
        present="true",
        is_elsewhere="""EXISTS (SELECT FROM people_guardianship l JOIN people_student k
          ON k.id = l.student_id WHERE l.guardian_id = b.id AND l.ended_at IS NULL
          AND k.school_id NOT IN (SELECT id FROM matched_schools))""",
    ),
    "teachers": MatchedKind(
        "roster_teachers", "people_staffpost", "master_id", PERSON.format("p"), "{0}.name",
        near="(s.ends_on IS NULL OR s.master_id IS NULL)", present="s.ends_on IS NULL",
        is_elsewhere="false", looks_other=f"s.name <> left({PERSON.format('p')}, 120)",
        renamed=RENAMED_TEACHER,
        joined="JOIN roster_schools at ON at.source_id = p.school AND at.id = s.school_id"
        " AND s.ended_at IS NULL",
    ),
}  # fmt: skip
# Of several posts of one teacher the current one is meant, of several students with one number at
# two schools the one at the row's school.
PREFERRED_ORDER = {
    "teachers": ", s.ends_on IS NULL DESC, s.ends_on DESC",
    "students": ", s.school_id = (SELECT r.id FROM roster_schools r WHERE r.source_id = p.school)"
    " DESC",
}


def resolve_identities(kind: str, municipality_id, given) -> list[IdentityQuestion]:
    """Create ``resolved_<kind>``; returns its questions. ``given`` is {answer_key: IdentityAnswer}.

    A question without an answer counts as another person: nobody gets what is somebody else's.
    """
    of = MATCHED_KINDS[kind]
    parts = {**vars(of), "kind": kind, "first": PREFERRED_ORDER.get(kind, "")}
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS resolved_{kind}, uncertain_{kind}")
        for name in ("resolve_agreed", "uncertain_rows"):
            cursor.execute(load_statement(name, **parts), {"of": municipality_id})
        questions = _questions(cursor, kind, parts)
        answers = valid_answers(questions, given)
        same = [q for q in questions if answers.get(q.key) == IdentityAnswer.SAME]
        corrected = [q for q in same if not q.is_renamed]
        values = {
            "same": [q.line for q in corrected],
            "taken": [q.holder for q in corrected],
            "renamed": [q.line for q in same if q.is_renamed],
        }
        cursor.execute(load_statement("resolve_answered", kind=kind), values)
    return questions


def _questions(cursor, kind, parts):
    of = MATCHED_KINDS[kind]
    names = {
        "row_name": of.sent_name.format("p"), "own_name": of.sent_name.format("o"),
        "holder_name": of.present_name.format("a"), "owner_name": of.present_name.format("b"),
    }  # fmt: skip
    cursor.execute(load_statement("identity_questions", **parts, **names))
    columns = [column.name for column in cursor.description]
    return [
        IdentityQuestion(kind, **dict(zip(columns, row, strict=True))) for row in cursor.fetchall()
    ]
