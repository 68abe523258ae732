"""The people a compared roster would change, by name: the first of each kind, for a page."""

from collections import namedtuple

from django.db import connection

from apps.people import shown_names
from apps.roster.services.statements import load_statement

PERSON = "r.family_name || ' ' || r.given_name"
KINDS = {  # the present table, a row's name in the roster, and its present name
    "schools": ("people_school", "r.name", "r.name"),
    "classes": ("people_schoolclass", "r.title", "r.title"),
    "students": ("people_student", PERSON, PERSON),
    "guardians": ("people_guardian", PERSON, PERSON),
    "teachers": ("people_staffpost", PERSON, "r.name"),
}
NEW = """
SELECT {sent_name} FROM {sent} r WHERE NOT EXISTS (SELECT FROM matched_{kind} m WHERE m.line = r.line)
ORDER BY r.line LIMIT %(most)s
"""
CHANGED = """
SELECT {present_name} FROM matched_{kind} m JOIN {table} r ON r.id = m.id WHERE m.differs
ORDER BY m.line LIMIT %(most)s
"""
GONE = "SELECT {present_name} FROM leaving_{kind} g JOIN {table} r ON r.id = g.id LIMIT %(most)s"


def changed_names(kind, sent, most):
    """(new, changed, gone): at most ``most`` names of each; ``sent`` is the roster's table."""
    if kind == "links":
        new, gone = load_names("added_links", most), load_names("removed_links", most)
        return [
            [f"{adult} → {student}" for _, student, adult in found] for found in (new, (), gone)
        ]
    table, sent_name, present_name = KINDS[kind]
    values = {
        "kind": kind,
        "table": table,
        "sent_name": sent_name,
        "present_name": present_name,
        "sent": sent,
    }
    return [
        [name for (name,) in _rows(statement.format(**values), most)]
        for statement in (NEW, CHANGED, GONE)
    ]


def load_names(name, most, **values):
    """The first rows of the statement ``preview_<name>``; showing their names is recorded."""
    return _rows(load_statement(f"preview_{name}"), most, **values)


def count_disabled() -> int:
    """How many people the roster disables."""
    with connection.cursor() as cursor:
        cursor.execute(load_statement("count_disabled"))
        return cursor.fetchone()[0]


def _rows(statement, most, **values):
    with connection.cursor() as cursor:
        cursor.execute(statement, {"most": most, **values})
        row = namedtuple("Row", [c.name for c in cursor.description], rename=True)
        found = [row(*cells) for cells in cursor.fetchall()]
    shown_names.note_other_names(len(found))
    return found
