"""A roster's rows in temporary tables, and the people derived from them.

``row_rules`` checks them, ``merge`` compares and writes them. The tables belong to the caller's
transaction and are never logged. Line numbers stay with the rows, so that every problem has its
position.
"""

from contextlib import closing, suppress

from django.db import DataError, connection, transaction

from apps.people.normalisation import normalise_name
from apps.roster.services.statements import load_statement

SENT_COLUMNS = {  # the columns COLUMNS_READ of each file, in that order
    "academicSessions": "source_id, status, title, type",
    "orgs": "source_id, status, name, type, identifier",
    "courses": "source_id, status, title",
    "classes": "source_id, status, title, grade, class_type, school, special_needs",
    "users": "source_id, status, local_code, given_name, family_name, agents, grade, master_id,"
    " preferred_given_name, preferred_family_name, given_kana, family_kana, home_class, enabled, accounts",
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
PEOPLE_TABLES = ("roster_students", "roster_guardians", "roster_teachers", "roster_links")
SET_TEMP_BUFFERS = "SET LOCAL temp_buffers = '128MB'"
SET_UP = """
SET LOCAL work_mem = '128MB'; SET LOCAL jit = off;
DROP TABLE IF EXISTS {tables};
"""
CREATE = "CREATE TEMPORARY TABLE {table} (line integer, {columns}) ON COMMIT DROP;"

SENT_SCHOOLS = "(SELECT source_id FROM sent_orgs WHERE type = 'school')"
PERSON_COLUMNS = """
coalesce(nullif(u.preferred_family_name, ''), u.family_name) AS family_name,
coalesce(nullif(u.preferred_given_name, ''), u.given_name) AS given_name,
u.family_kana, u.given_kana, u.master_id::uuid AS master_id, u.enabled <> 'false' AS is_enabled
"""


def table_of(file):
    return f"sent_{file.lower()}"


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
            SET_UP.format(
                tables=", ".join([*tables, "person_roles", "title_forms", *PEOPLE_TABLES])
            )
        )
        cursor.execute("".join(creates))


def _set_temp_buffers():
    """Keep temporary tables in memory, in this transaction.

    PostgreSQL refuses another number once a connection has had temporary tables: then it stays.
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
    return fetch_rows("SELECT line, title FROM sent_academicsessions WHERE type = 'schoolYear'")


def organisations():
    """[(type, identifier, name)] of the board of education and the schools."""
    return fetch_rows("SELECT type, identifier, name FROM sent_orgs ORDER BY line")


def create_people_tables():
    """Create the tables of students, guardians, teachers and links; the sent rows must be valid."""
    with connection.cursor() as cursor:
        cursor.execute(load_statement("person_roles", schools=SENT_SCHOOLS))
        _put_titles(cursor)
        for name in PEOPLE_TABLES:
            cursor.execute(load_statement(name, names=PERSON_COLUMNS))
        cursor.execute(load_statement("analyse_people"))


TITLES = """
SELECT title FROM sent_classes UNION SELECT home_class FROM sent_users WHERE home_class <> ''
"""
TITLE_FORMS = "CREATE TEMPORARY TABLE title_forms (written text, form text) ON COMMIT DROP"


def _put_titles(cursor):
    """Create ``title_forms``: every title as written, and its normalised form."""
    titles = fetch_rows(TITLES)
    cursor.execute(TITLE_FORMS)
    with cursor.copy("COPY title_forms FROM STDIN") as copy:
        for (title,) in titles:
            copy.write_row((title, normalise_name(title)))
    cursor.execute("ANALYZE title_forms")


def fetch_rows(statement):
    with closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return cursor.fetchall()
