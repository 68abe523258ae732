"""A roster's rows in temporary tables, the rules between them, and the people derived from them.

All SQL that reads a roster is here; the SQL that compares and writes it is in
``roster.services.merge``. The tables belong to the caller's transaction and are never logged. Line
numbers stay with the rows, so that every problem has its position.
"""

from contextlib import closing, suppress

from django.db import DataError, connection, transaction

from apps.people.normalisation import normalise_name
from apps.roster.oneroster.report import MAX_FINDINGS

SENT_COLUMNS = {  # the columns COLUMNS_READ of each file, in that order
    "academicSessions": "source_id, status, title, type",
    "orgs": "source_id, status, name, type, identifier",
    "courses": "source_id, status, title",
    "classes": "source_id, status, title, grade, class_type, school, special_needs",
    "users": "source_id, status, local_code, given_name, family_name, agents, grade, master_id,"
    " preferred_given_name, preferred_family_name, given_kana, family_kana, home_class, enabled",
    "roles": "source_id, status, person, role_type, role, school",
    "enrollments": "source_id, status, class, school, person, role, is_primary, number",
    "demographics": "source_id, birth_month",
}
# What the planner must know: the join columns, as analysing every column takes longer.
JOIN_COLUMNS = {
    "academicSessions": "source_id", "orgs": "source_id, type", "courses": "source_id",
    "classes": "source_id, class_type", "users": "source_id, agents", "roles": "person, school",
    "enrollments": "person, class, role", "demographics": "source_id",
}  # fmt: skip
PEOPLE_TABLES = ("roster_pupils", "roster_guardians", "roster_teachers", "roster_ties")
SET_TEMP_BUFFERS = "SET temp_buffers = '128MB'"
SET_UP = """
SET LOCAL work_mem = '128MB'; SET LOCAL jit = off;
DROP TABLE IF EXISTS {tables};
"""
CREATE = "CREATE TEMPORARY TABLE {table} (line integer, {columns}) ON COMMIT DROP;"

# -- rules between rows: (file, column, statement that returns the broken rows, message) ----------

DUPLICATES = """
WITH twice AS MATERIALIZED (
  SELECT {column}, min(line) AS first FROM {table} WHERE {column} <> ''
  GROUP BY {column} HAVING count(*) > 1)
SELECT line FROM {table} JOIN twice USING ({column}) WHERE line > first
"""
DANGLING = """
SELECT line FROM {table} r WHERE NOT EXISTS (SELECT FROM {known} k WHERE k.source_id = r.{column})
"""
DANGLING_AGENTS = """
SELECT DISTINCT u.line FROM sent_users u, unnest(string_to_array(u.agents, ',')) AS agent
WHERE u.agents <> '' AND btrim(agent) <> ''
  AND NOT EXISTS (SELECT FROM sent_users k WHERE k.source_id = btrim(agent))
"""
SCHOOLS = "(SELECT source_id FROM sent_orgs WHERE type = 'school')"
DANGLING_MESSAGE = "が見つかりません(つながりが切れています)。"


def _duplicate_rule(file, attribute, column, reason):
    return file, attribute, DUPLICATES.format(table=table_of(file), column=column), reason


def _dangling_rule(file, attribute, column, known, what):
    return (
        file,
        attribute,
        DANGLING.format(table=table_of(file), column=column, known=known),
        what + DANGLING_MESSAGE,
    )


def table_of(file):
    return f"sent_{file.lower()}"


BETWEEN_ROWS = (
    *(_duplicate_rule(file, "sourcedId", "source_id", "同じsourcedIdの行がもう1つあります。")
      for file in SENT_COLUMNS if file != "demographics"),
    _duplicate_rule("users", "userMasterIdentifier", "master_id", "同じ共通IDの人がもう1人います。"),
    ("orgs", "type",
     "SELECT line FROM sent_orgs WHERE type = 'district' AND line >"
     " (SELECT min(line) FROM sent_orgs WHERE type = 'district')",
     "教育委員会(district)は1つだけにしてください。"),
    ("orgs", "identifier",
     "SELECT o.line FROM sent_orgs o JOIN sent_orgs p USING (type, identifier)"
     " WHERE type = 'school' AND p.line < o.line", "同じ学校コードの学校がもう1つあります。"),
    _dangling_rule("classes", "schoolSourcedId", "school", SCHOOLS, "学校"),
    _dangling_rule("roles", "userSourcedId", "person", "sent_users", "利用者"),
    _dangling_rule("roles", "orgSourcedId", "school", "sent_orgs", "学校"),
    _dangling_rule("enrollments", "userSourcedId", "person", "sent_users", "利用者"),
    _dangling_rule("enrollments", "classSourcedId", "class", "sent_classes", "学級"),
    _dangling_rule("enrollments", "schoolSourcedId", "school", SCHOOLS, "学校"),
    ("users", "agentSourcedIds", DANGLING_AGENTS, f"保護者{DANGLING_MESSAGE}"),
)  # fmt: skip
# Codes are normalised (people.codes); these return the line and that of the first equal one.
SAME_CODE = """
WITH twice AS MATERIALIZED (
  SELECT school, local_code, min(line) AS other FROM roster_pupils WHERE local_code <> ''
  GROUP BY school, local_code HAVING count(*) > 1)
SELECT line, other FROM roster_pupils JOIN twice USING (school, local_code) WHERE line > other
"""
SAME_WITHOUT_ZEROS = """
WITH codes AS MATERIALIZED (
  SELECT line, school, local_code, ltrim(local_code, '0') AS bare
  FROM roster_pupils WHERE local_code ~ '^[0-9]+$'),
alike AS MATERIALIZED (
  SELECT school, bare, min(line) AS other FROM codes
  GROUP BY school, bare HAVING min(local_code) <> max(local_code))
SELECT line, other FROM codes JOIN alike USING (school, bare) WHERE line > other
"""
BETWEEN_PEOPLE = (
    ("users", "metadata.jp.homeClass",
     "SELECT line FROM roster_pupils WHERE named <> '' AND named_class IS NULL", f"学級{DANGLING_MESSAGE}"),
    ("users", "metadata.jp.homeClass",
     "SELECT line, n_alike FROM roster_pupils WHERE named_class IS NOT NULL AND n_alike > 1",
     "この名前の学級が、この学校に{other}行あり、どれか決まりません。学級のsourcedIdを書くか、"
     "enrollments.csvに、この生徒のいる学級を1つ書いてください。"),
    ("users", "userIds", SAME_CODE,
     "管理コードが{other}行めの生徒と同じです(全角と半角、大文字と小文字、前後の空白は区別しません)。"),
    ("users", "userIds", SAME_WITHOUT_ZEROS,
     "管理コードが、先頭の0をのぞくと{other}行めの生徒と同じです。"
     "Excelなどが0を消したとき、2人の区別がつきません。"),
)  # fmt: skip

# What is accepted but reported.
CHOSEN_AMONG = (
    ("users", "metadata.jp.homeClass",
     "SELECT line, n_seats FROM roster_pupils WHERE named = '' AND n_seats > 1",
     "この生徒のいるホームルームがenrollments.csvに{other}行あるので、はじめの行の学級にしました。"),
    ("users", "sourcedId", "SELECT line, n_led FROM roster_teachers WHERE n_led > 1",
     "この先生が担任の学級がenrollments.csvに{other}行あるので、はじめの行の学級の担任にしました。"),
)  # fmt: skip

# -- the people of a roster -----------------------------------------------------------------------

TITLES = """
SELECT title FROM sent_classes UNION SELECT home_class FROM sent_users WHERE home_class <> ''
"""
TITLE_FORMS = "CREATE TEMPORARY TABLE title_forms (written text, form text) ON COMMIT DROP"
# One role per person: the last primary one, else the first. Staff of the board of education are in
# no class. Of several enrolments the named home class counts, else the first. A home class named
# by its title is found in any width (people.codes); of several that match, one in which the student
# is enrolled counts, then one of the student's grade, then the exact title; ``n_alike`` still
# match.
PUPILS = """
CREATE TEMPORARY TABLE roster_pupils ON COMMIT DROP AS
WITH homerooms AS MATERIALIZED (
  SELECT source_id, school, title, form, grade, line
  FROM sent_classes JOIN title_forms ON written = title WHERE class_type = 'homeroom'),
seats AS (
  SELECT e.person, array_agg(e.class ORDER BY e.line) AS classes,
    array_agg(nullif(e.number, '')::smallint ORDER BY e.line) AS numbers
  FROM sent_enrollments e JOIN homerooms h ON h.source_id = e.class
  WHERE e.role = 'student' GROUP BY e.person),
titled AS (
  SELECT DISTINCT ON (u.line) u.line, h.source_id, count(*) OVER (PARTITION BY u.line,
    coalesce(h.source_id = ANY(s.classes), false), h.grade = u.grade, h.title = u.home_class)
    AS n_alike
  FROM sent_parts p JOIN sent_users u ON u.source_id = p.person
  JOIN title_forms f ON f.written = u.home_class
  JOIN homerooms h ON h.school = p.school AND h.form = f.form
  LEFT JOIN seats s ON s.person = u.source_id
  WHERE p.role = 'student'
  ORDER BY u.line, coalesce(h.source_id = ANY(s.classes), false) DESC, h.grade = u.grade DESC,
    h.title = u.home_class DESC, h.line DESC)
SELECT u.line, u.source_id, p.school, u.local_code, {names},
  u.grade, u.home_class AS named, coalesce(h.source_id, t.source_id) AS named_class,
  CASE WHEN h.source_id IS NULL THEN t.n_alike END AS n_alike, cardinality(s.classes) AS n_seats,
  coalesce(h.source_id, t.source_id, s.classes[1]) AS class,
  s.numbers[array_position(s.classes, coalesce(h.source_id, t.source_id, s.classes[1]))] AS number,
  b.birth_month
FROM sent_parts p JOIN sent_users u ON u.source_id = p.person
LEFT JOIN homerooms h ON h.source_id = u.home_class
LEFT JOIN titled t ON t.line = u.line
LEFT JOIN seats s ON s.person = u.source_id
LEFT JOIN (SELECT DISTINCT ON (source_id) source_id, birth_month::date FROM sent_demographics
           WHERE birth_month <> '' ORDER BY source_id, line DESC) b ON b.source_id = u.source_id
WHERE p.role = 'student';
"""
CLASS_ROLES = """
CREATE TEMPORARY TABLE sent_parts ON COMMIT DROP AS
WITH at_school AS MATERIALIZED (
  SELECT r.person, r.role, r.school,
    CASE WHEN r.role_type = 'primary' THEN 1000000000 + r.line ELSE -r.line END AS weight
  FROM sent_roles r JOIN {schools} s ON s.source_id = r.school)
SELECT person, role, school FROM at_school r
WHERE NOT EXISTS (SELECT FROM at_school o WHERE o.person = r.person AND o.weight > r.weight);
ANALYZE sent_parts (person, role);
"""
NAMES = """
coalesce(nullif(u.preferred_family_name, ''), u.family_name) AS family_name,
coalesce(nullif(u.preferred_given_name, ''), u.given_name) AS given_name,
u.family_kana, u.given_kana, u.master_id::uuid AS master_id, u.enabled <> 'false' AS is_enabled
"""
ADULTS = """
CREATE TEMPORARY TABLE roster_guardians ON COMMIT DROP AS
SELECT u.line, u.source_id, {names}
FROM sent_parts p JOIN sent_users u ON u.source_id = p.person WHERE p.role = 'guardian';
CREATE TEMPORARY TABLE roster_teachers ON COMMIT DROP AS
SELECT u.line, u.source_id, p.school, {names}, led.class, led.n_led
FROM sent_parts p JOIN sent_users u ON u.source_id = p.person
LEFT JOIN (
  SELECT DISTINCT ON (e.person) e.person, e.class, count(*) OVER (PARTITION BY e.person) AS n_led
  FROM sent_enrollments e JOIN sent_classes c ON c.source_id = e.class
  WHERE e.role = 'teacher' AND e.is_primary = 'true' AND c.class_type = 'homeroom'
  ORDER BY e.person, e.line) led ON led.person = u.source_id
WHERE p.role = 'teacher';
"""
# Students name their guardians, or guardians their students.
LINKS = """
CREATE TEMPORARY TABLE roster_ties ON COMMIT DROP AS
WITH named AS MATERIALIZED (
  SELECT u.line, k.line AS other
  FROM sent_users u, unnest(string_to_array(u.agents, ',')) AS agent
  JOIN sent_users k ON k.source_id = btrim(agent) WHERE u.agents <> '')
SELECT g.line AS guardian, p.line AS pupil
FROM named n JOIN roster_pupils p ON p.line = n.line JOIN roster_guardians g ON g.line = n.other
UNION
SELECT g.line, p.line
FROM named n JOIN roster_pupils p ON p.line = n.other JOIN roster_guardians g ON g.line = n.line;
ANALYZE roster_pupils (line, source_id, master_id, school),
  roster_guardians (line, source_id, master_id),
  roster_teachers (line, source_id, master_id, school), roster_ties;
"""


def create_tables():
    """Create the tables for the sent rows; those of an earlier roster in this transaction are
    dropped.
    """
    tables = [table_of(file) for file in SENT_COLUMNS]
    creates = [
        CREATE.format(table=table, columns=columns.replace(",", " text,") + " text")
        for table, columns in zip(tables, SENT_COLUMNS.values(), strict=True)
    ]
    _set_temp_buffers()
    with connection.cursor() as cursor:
        cursor.execute(
            SET_UP.format(tables=", ".join([*tables, "sent_parts", "title_forms", *PEOPLE_TABLES]))
        )
        cursor.execute("".join(creates))


def _set_temp_buffers():
    """Keep temporary tables in memory; PostgreSQL allows this setting only before a session's first
    one.
    """
    with suppress(DataError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SET_TEMP_BUFFERS)


def copy_rows(file, blocks):
    """Copy the blocks (lists of rows of text) of a file."""
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY {table_of(file)} FROM STDIN") as copy:
            for rows in blocks:
                copy.write(_lines(rows))
        cursor.execute(f"ANALYZE {table_of(file)} ({JOIN_COLUMNS[file]})")


def _lines(rows):
    """Lines in COPY's text format, escaped."""
    text = "\n".join(map("\t".join, rows)) + "\n"
    clean = "\\" not in text and "\r" not in text and text.count("\n") == len(rows)
    if clean and text.count("\t") == len(rows) * (len(rows[0]) - 1):
        return text
    return "".join("\t".join(map(_escaped, row)) + "\n" for row in rows)


def _escaped(cell):
    cell = cell.replace("\\", "\\\\").replace("\t", "\\t")
    return cell.replace("\n", "\\n").replace("\r", "\\r")


def school_years():
    """[(line, title)] of the school years."""
    return _all("SELECT line, title FROM sent_academicsessions WHERE type = 'schoolYear'")


def organisations():
    """[(type, identifier, name)] of the board of education and the schools."""
    return _all("SELECT type, identifier, name FROM sent_orgs ORDER BY line")


def check_rules(rules, reading):
    """Report in ``reading`` the rows that break rules between rows.

    A rule's statement returns lines, or lines with the ``other`` line (or number) of its message.
    """
    for file, column, reason, found in _found(rules):
        for line, *other, _ in found:
            reading.problem(f"{file}.csv", line, column, reason.format(other=(other or [0])[0]))
        if found:
            reading.n_problems += found[0][-1] - len(found)


def note_choices(rules, reading):
    """Report in ``reading`` the rows where one of several possible values was chosen."""
    for file, column, reason, found in _found(rules):
        for line, other, _ in found:
            reading.note(f"{file}.csv", line, column, reason.format(other=other))
        if found:
            reading.n_notes += found[0][-1] - len(found)


def _found(rules):
    """(file, column, message, the first rows of the rule's statement and how many there are)."""
    for file, column, broken, reason in rules:
        found = _all(
            f"SELECT broken.*, count(*) OVER () FROM ({broken}) broken"  # noqa: S608
            f" ORDER BY line LIMIT {MAX_FINDINGS}"
        )
        yield file, column, reason, found


def create_people_tables():
    """Create the tables of students, guardians, teachers and links; the sent rows must be valid."""
    with connection.cursor() as cursor:
        cursor.execute(CLASS_ROLES.format(schools=SCHOOLS))
        _put_titles(cursor)
        cursor.execute(PUPILS.format(names=NAMES))
        cursor.execute(ADULTS.format(names=NAMES))
        cursor.execute(LINKS)


def _put_titles(cursor):
    """Create ``title_forms``: every title as written, and its normalised form."""
    titles = _all(TITLES)
    cursor.execute(TITLE_FORMS)
    with cursor.copy("COPY title_forms FROM STDIN") as copy:
        for (title,) in titles:
            copy.write_row((title, normalise_name(title)))
    cursor.execute("ANALYZE title_forms")


def _all(statement):
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
