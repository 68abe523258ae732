"""PostgreSQL shows the rows of a request's municipalities alone, whatever the code asks for."""

import ast
import re
import uuid
from contextvars import ContextVar

import pytest
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction
from psycopg.pq import TransactionStatus

from apps.core import municipality_scope
from apps.core.municipality_scope import (
    across_municipalities,
    current_value,
    everywhere,
    widen_to,
    within,
)
from apps.core.postgresql import in_scope
from apps.core.row_policies import apply_policies, guarded_models
from apps.people.models import Municipality, School, SchoolClass
from kaga_portal.across_municipalities import COMMANDS, FUNCTIONS, TASKS
from kaga_portal.row_owners import NATIONAL, OF_NO_MUNICIPALITY, THROUGH
from tests import factories
from tests.code_files import CODE, ROOT, module_of, trees
from tests.database_roles import as_owner
from tests.without_triggers import triggers_off

COLUMNS = """
    SELECT attname, format_type(atttypid, NULL), atttypmod - 4 FROM pg_attribute
    WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
      AND attidentity = ''
"""
CHECKS = """
    SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)
    FROM pg_constraint WHERE contype IN ('c', 'x') AND conrelid = ANY(%s::regclass[])
"""
VALUES = {
    "uuid": "gen_random_uuid()",
    "text": "md5(random()::text)",
    "boolean": "false",
    "timestamp with time zone": "now()",
    "date": "current_date",
    "time without time zone": "localtime",
    "jsonb": "'{}'",
    "bytea": "decode(md5(random()::text), 'hex')",
    "interval": "interval '1 hour'",
    "double precision": "1",
    "numeric": "1",
    "inet": "'192.0.2.1'",
}
NEXT = "(random() * 30000)::smallint"


def run(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else cursor.rowcount


def put_row(cursor, model, fixed):
    """A row of nonsense in the table, with these columns as they are given."""
    table = model._meta.db_table
    cursor.execute(COLUMNS, [table])
    columns, values = [], []
    for name, kind, width in cursor.fetchall():
        columns.append(f'"{name}"')
        if name in fixed:
            values.append(f"'{fixed[name]}'")
        elif kind.endswith("[]"):
            values.append("'{}'")
        elif kind == "character varying":
            values.append(f"left(md5(random()::text), {width})")
        else:
            values.append(VALUES.get(kind, NEXT))
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join(values)}) "  # noqa: S608
        "RETURNING ctid::text"
    )
    (place,) = cursor.fetchone()
    return place


@pytest.fixture
def two_cities(db):
    """{model: (place of its row here, of its row away)} in every table of a municipality."""
    here, away = (Municipality.objects.create(code=code, name=code) for code in ("1", "2"))
    found = {}
    models = guarded_models()
    models.sort(key=lambda model: len(_path(model)))
    with triggers_off() as cursor:
        cursor.execute(CHECKS, [[model._meta.db_table for model in models]])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        for model in models:
            found[model] = tuple(
                put_row(cursor, model, _owner_of(model, found, at, city))
                for at, city in enumerate((here, away))
            )
    return here, away, found


def _path(model):
    """The models through which a row comes to its municipality."""
    name = THROUGH.get(model._meta.label)
    return [model, *_path(model._meta.get_field(name).related_model)] if name else [model]


def _owner_of(model, found, at, city):
    name = THROUGH.get(model._meta.label)
    if not name:
        return {"municipality_id": city.pk}
    field = model._meta.get_field(name)
    table, place = field.related_model._meta.db_table, found[field.related_model][at]
    ((pk,),) = run(f"SELECT id FROM {table} WHERE ctid = %s::tid", place)  # noqa: S608
    return {field.column: pk}


def test_every_table_shows_the_rows_of_the_scope_alone(two_cities):
    here, away, rows = two_cities
    assert len(rows) > 140
    wrong = []
    for model, (own, others) in rows.items():
        table = model._meta.db_table
        ids = f"SELECT ctid::text FROM {table} WHERE ctid IN (%s::tid, %s::tid)"  # noqa: S608
        with within([here.pk]):
            if run(ids, own, others) != [(own,)]:
                wrong.append((table, "here"))
        with within([]):
            if run(ids, own, others):
                wrong.append((table, "nobody"))
        with within([here.pk, away.pk]):
            if len(run(ids, own, others)) != 2:
                wrong.append((table, "both"))
    assert wrong == []


def test_every_table_refuses_a_row_of_another_municipality(two_cities):
    here, away, rows = two_cities
    taken = {}
    for model, (own, _) in rows.items():
        ((column, of_away),) = _owner_of(model, rows, 1, away).items()
        with within([here.pk]):
            if problem := _refusal_of_copy(model._meta.db_table, own, column, of_away):
                taken[model._meta.label] = problem
    assert taken == {}


def _refusal_of_copy(table, place, column, value):
    """What but its policy became of a copy of a row with another owner; "" where that refused it."""
    names = [f'"{name}"' for name, _, _ in run(COLUMNS, table)]
    values = [f"'{value}'" if name == f'"{column}"' else name for name in names]
    copy = (
        f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(values)} "  # noqa: S608
        f"FROM {table} WHERE ctid = %s::tid"
    )
    try:
        with transaction.atomic():
            return f"{run(copy, place)} rows were taken"
    except DatabaseError as error:
        return "" if "row-level security" in str(error) else str(error)


def test_a_row_can_neither_be_given_to_nor_taken_from_another_municipality(cast):
    with within([cast.city.pk]):
        for statement in (
            "INSERT INTO people_school (id, municipality_id, code, name) VALUES (%s, %s, 'x', 'x')",
            "UPDATE people_school SET name = %s || name, municipality_id = %s",
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                run(statement, uuid.uuid4(), cast.away.pk)
        assert run("DELETE FROM people_student WHERE municipality_id = %s", cast.away.pk) == 0
        assert not School.objects.filter(pk=cast.away_school.pk).exists()
        assert run("SELECT count(*) FROM people_school, people_municipality") == [(2,)]


def test_the_scope_follows_the_code_through_savepoints_and_into_functions(cast):
    seen = lambda: set(School.objects.values_list("municipality", flat=True))  # noqa: E731
    with within([cast.city.pk]):
        assert seen() == {cast.city.pk}
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            with within([cast.away.pk]):
                assert seen() == {cast.away.pk}
            raise ZeroDivisionError
        assert seen() == {cast.city.pk}
        with everywhere("verify_ledger"):
            assert seen() == {cast.city.pk, cast.away.pk}
        widen_to(cast.away.pk)
        assert seen() == {cast.city.pk, cast.away.pk}
    with within([]):
        assert seen() == set()


@pytest.mark.django_db(transaction=True)
def test_nothing_stays_on_a_connection_which_somebody_else_gets_next():
    school = factories.school(factories.municipality())
    with within([school.municipality_id]):
        assert School.objects.count() == 1  # a transaction of its own
        with transaction.atomic():
            assert School.objects.count() == 1
        for row in School.objects.iterator():  # a cursor of the server outlives the statement
            assert row == school
    with connection.cursor() as cursor:
        raw = cursor.cursor  # past the backend: what the server itself remembers
        raw.execute("SELECT current_setting('app.municipality', true), count(*) FROM people_school")
        assert raw.fetchone() == ("", 0)


@pytest.mark.django_db(transaction=True)
def test_a_statement_within_the_block_of_another_leaves_no_transaction_open():
    school = factories.school(factories.municipality())
    with within([school.municipality_id]), in_scope():
        assert School.objects.count() == 1
        assert School.objects.count() == 1
    assert connection.connection.pgconn.transaction_status == TransactionStatus.IDLE


def test_where_nothing_was_said_a_savepoint_undone_leaves_the_roles_own_setting(cast, monkeypatch):
    monkeypatch.setattr(municipality_scope, "_value", ContextVar("of_nobody", default=None))
    connection.sent = None  # as at the beginning of a transaction
    run("SELECT set_config('app.municipality', '*', true)")  # as the owner's role has it
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        raise ZeroDivisionError
    assert School.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_error_at_the_commit_of_a_single_statement_is_raised_and_undone():
    school = factories.school(factories.municipality())
    lost = SchoolClass(
        municipality_id=school.municipality_id, school_id=uuid.uuid4(), school_year=2026
    )
    with within([school.municipality_id]), pytest.raises(IntegrityError, match="foreign key"):
        lost.save(force_insert=True)
    assert run("SELECT count(*) FROM people_schoolclass") == [(0,)]


def test_every_table_has_its_policy_by_force_and_every_other_one_says_why_not(db):
    forced = """
        SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
        WHERE c.relrowsecurity AND c.relforcerowsecurity
    """
    guarded = {model._meta.db_table for model in guarded_models()}
    assert {name for (name,) in run(forced)} == guarded
    with_column = (
        "SELECT table_name FROM information_schema.columns WHERE column_name = 'municipality_id'"
        " AND table_schema = 'public'"
    )
    assert {name for (name,) in run(with_column)} <= guarded
    models = [m for m in apps.get_models(include_auto_created=True) if m._meta.managed]
    bare = {m._meta.label for m in models if m._meta.db_table not in guarded}
    assert bare == set(OF_NO_MUNICIPALITY)
    assert set(THROUGH) | set(NATIONAL) <= {m._meta.label for m in guarded_models()}
    with as_owner():
        assert apply_policies(connection) == 0
        run("ALTER TABLE people_school NO FORCE ROW LEVEL SECURITY")
        assert apply_policies(connection) == 1


def test_the_portals_role_sees_past_no_policy(db):
    role = "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
    assert run(role) == [("kaga_portal", False, False)]
    owned = "SELECT count(*) FROM pg_class WHERE pg_has_role(current_user, relowner, 'USAGE')"
    assert run(f"{owned} AND relnamespace = 'public'::regnamespace") == [(0,)]


def test_whatever_looks_across_is_named_with_a_reason_and_what_is_named_does():
    used = {
        f"{'.'.join(module_of(path))}.{node.name}"
        for path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _looks_across(node)
    }
    assert used == set(FUNCTIONS)
    assert all(len(why) > 10 for why in settings.ACROSS_MUNICIPALITIES.values())
    assert set(TASKS) == set(settings.CELERY_BEAT_SCHEDULE)
    assert {path.stem for path, tree in trees() if _is_portal_command(tree)} == set(COMMANDS)
    with pytest.raises(LookupError, match="settings.ACROSS_MUNICIPALITIES"):
        across_municipalities(test_the_portals_role_sees_past_no_policy)


def _looks_across(function):
    """Whether its statements see the rows of every municipality."""
    named = {getattr(getattr(one, "func", one), "id", "") for one in function.decorator_list}
    return bool(named & {"across_municipalities", "opens_municipality"})


def _is_portal_command(tree):
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return any(getattr(base, "id", "") == "PortalCommand" for one in classes for base in one.bases)


def test_functions_look_across_by_their_decorator_and_never_by_a_block():
    """A block could take the name, and so the reason, of something else."""
    with_block = {
        str(path.relative_to(ROOT))
        for path in CODE
        if "everywhere(" in path.read_text(encoding="utf-8")
    }
    assert with_block == {
        "apps/core/commands.py",  # PortalCommand
        "apps/core/municipality_scope.py",
        "apps/core/periodic_work.py",  # tasks of the schedule
        "kaga_portal/supervisor.py",  # a thread of the command portal
    }


def test_a_request_works_for_the_municipalities_of_its_user(cast, sign_in, client):
    values = []

    def note(execute, sql, params, many, context):
        values.append(current_value())
        return execute(sql, params, many, context)

    asked = [(sign_in(person.user), cast.city) for person in (cast.midori, cast.sakura, cast.nurse)]
    asked += [(sign_in(cast.away_nurse.user), cast.away)]
    with connection.execute_wrapper(note):
        for browser, city in asked:
            values.clear()
            browser.get("/", follow=True)
            assert str(city.pk) in values
            assert set(values) <= {"", "*", str(city.pk)}
        values.clear()
        client.get("/")
        client.post("/accounts/login/", {"login": "midori@example.com", "password": "x"})
        assert set(values) <= {"", "*"}
    assert current_value() == "*"  # the test's own


def test_no_cursor_goes_past_the_scope():
    """psycopg's own cursors are used in a block that says it."""
    raw = re.compile(r"psycopg\.\w*Cursor\(|connection\.connection\.(cursor|execute)\(")
    bare = [
        f"{path.name}: {line.strip()}"
        for path in CODE
        for line in path.read_text(encoding="utf-8").splitlines()
        if raw.search(line) and "in_scope" not in line
    ]
    # the block of several lines names it two lines before
    assert bare == ["sql_batches.py: psycopg.Cursor(wrapper.connection) as cursor,"]
