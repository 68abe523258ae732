"""Rows of every table as after years of use, made by SQL from one row, and what a statement reads.

Foreign keys to people and places are spread over all of them; times lie ever further back; whatever
must be unique differs. Nothing of it can be opened: the ciphers are copies.
"""

import json

from django.contrib.postgres.indexes import BrinIndex
from django.db import connection, models
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.core.models import first_id_since
from apps.linkage.models import DataSource
from apps.people.models import (
    Guardian,
    Guardianship,
    Municipality,
    School,
    SchoolClass,
    StaffPost,
    Student,
    User,
)
from apps.vault.models import SubjectKey
from tests.database_roles import as_owner
from tests.scale_first_rows import CODES_OF, FIRST_ROWS, FIRST_VALUES
from tests.without_triggers import triggers_off

CHECKS = (
    "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)"
    " FROM pg_constraint WHERE contype = 'c' AND conrelid = ANY(%s::regclass[])"
)
PLACES = (Municipality, School)
PEOPLE = (School, SchoolClass, User, StaffPost, Student, Guardian, Guardianship, DataSource)
MINUTES = 180  # from a row to the one before; three thousand are a year
STEP = f"interval '{MINUTES} minutes'"
BRIN_RANGE = 128
PLANNED_AS = 100  # the planner holds a grown table for so many times larger


def grow(n, growing, n_schools=4, n_classes=10, n_people=None):
    """Make about ``n`` rows of each of these models, and of the people and places they name."""
    with as_owner():
        _drop_checks(growing)
        _grow(n, growing, n_schools, n_classes, n_people)
        analyse(growing)


def _grow(n, growing, n_schools, n_classes, n_people):
    with triggers_off() as cursor:
        for model in PEOPLE:
            few = {School: n_schools, SchoolClass: n_classes, StaffPost: 200, DataSource: n_classes}
            _first_key(model)
            many = few.get(model, n_people or n)
            _multiply(cursor, model, many)
        for model in _in_order(set(growing) - set(PEOPLE)):
            _first_key(model)
            _multiply(cursor, model, n)
        for model in growing:
            _drop_dead_rows(cursor, model)


def _drop_checks(growing):
    """A row is made column by column: what belongs together is not kept together."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(CHECKS, [[model._meta.db_table for model in growing]])
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def analyse(growing):
    """Let the planner know the rows, and hold these tables for longer than they are."""
    with as_owner(), connection.cursor() as cursor:
        for model in {*PEOPLE, *growing}:
            cursor.execute(f"ANALYZE {model._meta.db_table}")
        tables = [model._meta.db_table for model in set(growing) - set(PEOPLE)]
        cursor.execute(
            "UPDATE pg_class SET reltuples = reltuples * %s WHERE relname = ANY(%s)",
            [PLANNED_AS, tables],
        )


def _drop_dead_rows(cursor, model):
    """What tests left behind makes a table longer than a BRIN range; nothing has summed it up."""
    if any(isinstance(index, BrinIndex) for index in model._meta.indexes):
        table = model._meta.db_table
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"CLUSTER {table} USING {table}_pkey")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def plans_of(statements):
    """[(statement, every node of its plan as it was carried out)] of those that read.

    A grown table is still few pages, the whole of which is no dearer than a range of a BRIN index:
    it is scanned only where no index serves.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in statements:
            if sql.startswith(("SELECT", "WITH", "(SELECT")):
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
                (answer,) = cursor.fetchone()
                plan = json.loads(answer) if isinstance(answer, str) else answer
                found.append((sql, list(nodes_of(plan[0]["Plan"]))))
        cursor.execute("SET LOCAL enable_seqscan = on")
    return found


def rows_of(node):
    """How many rows a node read, those it threw away included.

    Not those of a single range of a BRIN index (128 pages): here that is the whole table.
    """
    thrown = sum(
        value
        for name, value in node.items()
        if name.startswith("Rows Removed by")
        and not (name.endswith("Index Recheck") and node.get("Lossy Heap Blocks", 0) <= BRIN_RANGE)
    )
    return (node["Actual Rows"] + thrown) * node["Actual Loops"]


def nodes_of(plan):
    """A node of a plan and all below it."""
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


def _in_order(wanted):
    """Each model after those its foreign keys name; of a circle first the one most others name."""
    left, order = sorted(wanted, key=lambda model: model._meta.label), []
    while left:
        ready = [model for model in left if not _targets(model) & (set(left) - {model})]
        if not ready:
            free = [model for model in left if not _needed(model) & (set(left) - {model})]
            ready = [max(free, key=lambda model: sum(model in _targets(each) for each in left))]
        left = [model for model in left if model not in ready]
        order += ready
    return order


def _targets(model):
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}


def _needed(model):
    fields = [field for field in model._meta.concrete_fields if field.is_relation]
    return {field.related_model for field in fields if not field.null}


def _first_key(model):
    """The key of the table's first row, which is made where there is none."""
    oldest = model._base_manager.order_by(RawSQL("ctid", [])).values_list("pk", flat=True)
    if (key := oldest.first()) is None:
        given = {
            name: _first(value) for name, value in FIRST_ROWS.get(model._meta.label, {}).items()
        }
        fields = [field for field in model._meta.concrete_fields if field.name not in given]
        values = {
            field.attname: _first_value(field)
            for field in fields
            if not (field.generated or isinstance(field, models.AutoField))
        }
        (row,) = model._base_manager.bulk_create([model(**values, **given)])
        key = row.pk
    return key


def _first(value):
    """A row of a model, or the value itself."""
    is_model = isinstance(value, type) and issubclass(value, models.Model)
    return value._base_manager.get(pk=_first_key(value)) if is_model else value


def _first_value(field):
    if field.is_relation and (not field.null or field.related_model in (Student, *PLACES)):
        return _first_key(field.related_model)
    if field.name == "key_id":
        return _first_key(SubjectKey)
    if field.has_default():
        return field.get_default()
    if field.null:
        return None
    if field.blank and isinstance(field, models.CharField | models.TextField):
        return ""
    if field.choices:
        return next(value for value, _ in field.choices if value)
    return next(value for kind, value in FIRST_VALUES if isinstance(field, kind))


APART = {  # columns that differ from row to row although they need not
    (StaffPost, "user"), (Student, "family_kana"), (Guardian, "family_kana"),
}  # fmt: skip


OF_NO_ROW = {"one_run_a_source"}  # unique among rows of a state that the first row has left


def _multiply(cursor, model, n):
    table = model._meta.db_table
    cursor.execute(f"SELECT count(*) FROM {table}")
    (stored,) = cursor.fetchone()
    each = n // max(1, stored)
    if not each:
        return
    differing = _differing(model)
    columns, values = [], []
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.AutoField) and not field.generated:
            columns.append(f'"{field.column}"')
            values.append(_value(model, field, field in differing))
    cursor.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
        f" FROM (SELECT *, row_number() OVER () AS row FROM {table}) t"
        f" CROSS JOIN generate_series(1, {each}) step CROSS JOIN LATERAL (SELECT step * {stored} + t.row) AS n(g)"
        f" {_joined('people_student', 's')} {_joined('people_schoolclass', 'c')} {_joined('people_school', 'o')} ORDER BY g DESC"
        " ON CONFLICT DO NOTHING"
    )


def _joined(table, name):
    numbered = f"SELECT *, row_number() OVER (ORDER BY id) - 1 AS number FROM {table}"
    return f"LEFT JOIN ({numbered}) {name} ON {name}.number = g % (SELECT greatest(count(*), 1) FROM {table})"


def _value(model, field, differs):
    column = f't."{field.column}"'
    if field.primary_key:
        return _key(field)
    if (model._meta.label, field.name) in CODES_OF:
        codes = CODES_OF[model._meta.label, field.name]
        return f"({_array(codes)})[1 + g % {len(codes)}]"
    if place := _place(model, field):
        return _kept_null(field, column, place)
    differs |= (model, field.name) in APART
    is_one_of_many = field.is_relation and field.related_model not in (User, *PLACES)
    if field.is_relation and (differs or is_one_of_many):
        return _kept_null(field, column, _related(model, field, differs))
    if isinstance(field, models.DateTimeField):
        return f"{column} - g * {STEP}"
    if isinstance(field, models.DateField):
        return f"{column} - (g * {MINUTES} / 1440)::int" if not differs else f"{column} - g::int"
    return _different(field, column) if differs else column


def _kept_null(field, column, value):
    """The value, but null where the first row has none: of a whole city, of nobody."""
    is_open = field.null and field.is_relation
    return f"CASE WHEN {column} IS NULL THEN NULL ELSE {value} END" if is_open else value


def _related(model, field, differs):
    if field.related_model is Student:
        return "s.id"
    target = field.related_model._meta
    ids = f"SELECT array_agg({target.pk.column}) FROM {target.db_table}"
    if differs:
        table = model._meta.db_table
        used = f"SELECT {field.column} FROM {table} WHERE {field.column} IS NOT NULL"
        ids += f" WHERE {target.pk.column} NOT IN ({used})"
        ids += " AND NOT is_staff" if field.related_model is User else ""
    return f"({ids})[1 + g % cardinality(({ids}))]"


def _array(values):
    return f"ARRAY[{', '.join(repr(value) for value in values)}]"


def _place(model, field):
    """Where the row's student is; otherwise the place of some class."""
    if model is SchoolClass:
        return {"school_id": "o.id", "municipality_id": "o.municipality_id"}.get(field.column, "")
    of_student = any(each.related_model is Student for each in model._meta.concrete_fields)
    row = "s" if of_student or field.name == "municipality_id" else "c"
    if field.column == "subject_id":
        return "s.id"
    if model is Student:
        row = "c"
    if field.related_model is SchoolClass:
        return "s.home_class_id" if row == "s" else "c.id"
    if field.column in ("school_id", "municipality_id") and model is not School:
        return f"{row}.{field.column}"
    if model is Student and field.column == "grade":
        return "c.grade"
    return ""


def _key(field):
    if isinstance(field, models.UUIDField):
        if getattr(field.default, "__name__", "") == "uuid7":
            first = first_id_since(timezone.now()).hex[:12]
            moment = f"(('x0000{first}')::bit(64)::bigint - g * {MINUTES * 60_000})"
            return f"(lpad(to_hex({moment}), 12, '0') || '7' || substr(md5(g::text), 1, 3) || '8' || substr(md5(g::text), 4, 15))::uuid"
        return "gen_random_uuid()"
    if field.is_relation:
        return "s.id"
    return f"(SELECT max({field.column}) FROM {field.model._meta.db_table}) + g"


def _different(field, column):
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()"
    if isinstance(field, models.BinaryField):
        return "sha256(g::text::bytea)"
    if isinstance(field, models.IntegerField):
        return f"{column} + g"
    if field.name == "thing_id":
        return "md5(g::text)"  # a UUID
    if isinstance(field, models.CharField | models.TextField):
        return f"left(md5(g::text) || {column}, {field.max_length or 100})"
    return column


def _differing(model):
    """The columns in which copies of a row must differ: one of each that is unique."""
    opts, found = model._meta, set()
    sets = [
        constraint.fields
        for constraint in opts.constraints
        if isinstance(constraint, models.UniqueConstraint) and constraint.name not in OF_NO_ROW
    ]
    sets += [
        (field.name,) for field in opts.concrete_fields if field.unique and not field.primary_key
    ]
    for names in sets:
        fields = [opts.get_field(name) for name in names]
        if fields and not any(field.primary_key for field in fields):
            found.add(min(fields, key=_difficulty))
    return found


def _difficulty(field):
    order = (
        models.UUIDField, models.BinaryField, models.DateTimeField, models.IntegerField,
        models.DateField,
    )  # fmt: skip
    if field.is_relation:
        return {Student: 15, User: 16}.get(field.related_model, 20)
    if field.choices or field.name == "kind" or isinstance(field, models.BooleanField):
        return 30
    return next((n for n, kind in enumerate(order, 1) if isinstance(field, kind)), 10)
