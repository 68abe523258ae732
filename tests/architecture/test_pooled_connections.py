"""Nothing belongs to a database connection longer than a transaction: a pooler changes it then."""

import re

from django.conf import settings
from django.db import connection

from tests.code_files import CODE, ROOT
from tests.database_roles import as_owner

# What a connection would keep, and what may follow or stand before it.
KEPT_BY_CONNECTIONS = {
    "a session lock": r"pg_(?:try_)?advisory_lock|pg_advisory_unlock",
    "a setting": r"[\"';]\s*SET\s+(?!LOCAL\b|TRANSACTION\b|CONSTRAINTS\b)[a-z_.]+\s*(?:=|TO\b)",
    "a setting of a function": r"set_config\([^)]*\bfalse\)",
    "a temporary table": r"CREATE TEMP(?:ORARY)? TABLE (?![^;]*?ON COMMIT DROP)",
    "a subscription": r"[\"';]\s*(?:UN)?LISTEN\s",
    "a cursor": r"WITH HOLD",
    "a prepared statement": r"[\"';]\s*PREPARE\s",
}
STATEMENTS = [*CODE, *sorted((ROOT / "apps").rglob("*.sql"))]


def kept(text):
    """The names of what a connection would keep after the statements in this text."""
    return {
        name
        for name, pattern in KEPT_BY_CONNECTIONS.items()
        if re.search(pattern, text, re.MULTILINE)
    }


def test_no_statement_leaves_anything_with_its_connection():
    found = {str(path.relative_to(ROOT)): kept(path.read_text("utf-8")) for path in STATEMENTS}
    assert {path: names for path, names in found.items() if names} == {}


def test_each_kind_is_found():
    for name, text in {
        "a session lock": "SELECT pg_try_advisory_lock(1)",
        "a setting": "work(\"SET temp_buffers = '1MB'\")",
        "a setting of a function": "SELECT set_config('a.b', 'c', false)",
        "a temporary table": "CREATE TEMPORARY TABLE t (n int);",
        "a subscription": 'work("LISTEN news")',
        "a cursor": "DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "a prepared statement": 'work("PREPARE p AS SELECT 1")',
    }.items():
        assert kept(text) == {name}, text
    for text in (
        "SET LOCAL work_mem = '1MB'",
        "SELECT pg_advisory_xact_lock(1)",
        "CREATE TEMPORARY TABLE t (n int) ON COMMIT DROP",
        "UPDATE t SET a = 1",
        "SELECT set_config('a.b', 'c', true)",
    ):
        assert kept(text) == set(), text


def test_a_connection_begins_without_options_that_a_pooler_refuses(db):
    assert "options" not in settings.DATABASES["default"]["OPTIONS"]


def test_asking_whether_a_trigger_is_ignored_begins_no_subtransaction(db):
    """Each would look through the foreign keys that wait to be checked: a bulk write is quadratic."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = '_pgtrigger_should_ignore'")
        (body,) = cursor.fetchone()
        assert "EXCEPTION" not in body
        for setting, ignored in (("{}", False), ("{a:b}", True), ("{c}", False), ("", False)):
            cursor.execute("SELECT set_config('pgtrigger.ignore', %s, true)", [setting])
            cursor.execute("SELECT _pgtrigger_should_ignore('a:b')")
            assert cursor.fetchone() == (False,), setting  # it is obeyed for nobody but the owner
            with as_owner():
                cursor.execute("SELECT _pgtrigger_should_ignore('a:b')")
                assert cursor.fetchone() == (ignored,), setting
