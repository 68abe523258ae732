"""PostgreSQL's row-level security: each table that carries a municipality shows it alone.

Made from the models after each migration, so that no table can be forgotten. FORCE binds the owner
as well; only a superuser and a role with BYPASSRLS see past it. The setting is read once a
statement (an InitPlan), not once a row, and is compared by functions that are leakproof, so that
indexes serve as before.

https://www.postgresql.org/docs/current/ddl-rowsecurity.html
"""

from typing import Any, NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Model
from psycopg import sql

from apps.core.municipality_scope import EVERYWHERE, SETTING

COLUMN = "municipality_id"
POLICY = "of_municipality"
# Sub-selects that name no column of the table: PostgreSQL evaluates them once a statement.
_EVERYWHERE = f"(SELECT current_setting('{SETTING}', true) = '{EVERYWHERE}')"
_IDS = (
    f"(SELECT string_to_array(nullif(current_setting('{SETTING}', true), '{EVERYWHERE}'), ',')"
    "::uuid[])::uuid[]"
)
_FOUND = """
    SELECT relrowsecurity AND relforcerowsecurity FROM pg_class JOIN pg_attribute a ON attrelid = oid
    WHERE oid = to_regclass(%s) AND attname = %s AND NOT attisdropped
"""
_POLICIES = """
    SELECT polname, obj_description(oid, 'pg_policy') FROM pg_policy WHERE polrelid = %s::regclass
"""


class Policy(NamedTuple):
    """Two conditions (SQL): which rows may be seen, changed or deleted, and which be written."""

    using: str
    check: str


def policy_of(model: type[Model]) -> Policy | None:
    """The policy of a table; None where its rows belong to no municipality.

    A row without municipality may be written where the model allows it. Everybody sees it in the tables
    of ``settings.NATIONAL_TABLES``, elsewhere only who sees every municipality.
    """
    label = model._meta.label
    own = next((f for f in model._meta.concrete_fields if f.column == COLUMN), None)
    if own is not None:
        using = f"{_EVERYWHERE} OR {COLUMN} = ANY ({_IDS})"
        national = f"{COLUMN} IS NULL OR {using}"
        is_national = label in settings.NATIONAL_TABLES
        return Policy(national if is_national else using, national if own.null else using)
    if label not in settings.ROWS_BELONG_THROUGH:
        return None
    name = settings.ROWS_BELONG_THROUGH[label]
    field: Any = next(f for f in model._meta.concrete_fields if f.name == name)
    table = field.related_model._meta.db_table
    # The policy of that table counts within this condition too. OFFSET keeps the planner from reading
    # that table whole into a hash table: each row's is found by its key.
    of_row = f"SELECT FROM {table} p WHERE p.id = {field.column} OFFSET 0"  # noqa: S608
    through = f"{_EVERYWHERE} OR EXISTS ({of_row})"
    return Policy(through, through)


def guarded_models() -> list[type[Model]]:
    """The models whose rows belong to a municipality, in the order of their tables."""
    models = apps.get_models(include_auto_created=True)
    found = [m for m in models if m._meta.managed and not m._meta.proxy and policy_of(m)]
    return sorted(found, key=lambda model: model._meta.db_table)


def apply_policies(connection: Any) -> int:
    """Give each table that is there its policy; how many tables had another one or none.

    Run by the owner of the tables, after each migration.
    """
    n_changed = 0
    with connection.cursor() as cursor:
        for model in guarded_models():
            table, policy = model._meta.db_table, policy_of(model)
            noted = "\n".join(policy or ())
            if _is_as_noted(cursor, table, _column_of(model), noted):
                continue
            # At once: without its policy a table shows nobody a row, and tasks would act on that.
            with transaction.atomic(using=connection.alias):
                _replace(cursor, table, policy, noted)
            n_changed += 1
    return n_changed


def _is_as_noted(cursor: Any, table: str, column: str, noted: str) -> bool:
    """Whether the table has this policy by force, or is not migrated so far."""
    cursor.execute(_FOUND, [table, column])
    found = cursor.fetchone()
    if found is None:
        return True
    (is_forced,) = found
    cursor.execute(_POLICIES, [table])
    # PostgreSQL writes the condition in its own way: the comment keeps ours.
    return is_forced and dict(cursor.fetchall()) == {POLICY: noted}


def _column_of(model: type[Model]) -> str:
    name = settings.ROWS_BELONG_THROUGH.get(model._meta.label)
    named = (field.column for field in model._meta.concrete_fields if field.name == name)
    return next(named, COLUMN)


def _replace(cursor: Any, table: str, policy: Any, noted: str) -> None:
    on, name = sql.Identifier(table), sql.Identifier(POLICY)
    for statement in (
        "ALTER TABLE {on} ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE {on} FORCE ROW LEVEL SECURITY",
        "DROP POLICY IF EXISTS {name} ON {on}",
        f"CREATE POLICY {{name}} ON {{on}} USING ({policy.using}) WITH CHECK ({policy.check})",
        "COMMENT ON POLICY {name} ON {on} IS {noted}",
    ):
        cursor.execute(sql.SQL(statement).format(on=on, name=name, noted=sql.Literal(noted)))
