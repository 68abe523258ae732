"""Database triggers that no session can disable, and the rights of the portal's own role.

A trigger as PostgreSQL makes it does not fire under ``session_replication_role = replica``; one
that is enabled ALWAYS does. The owner of a table can still disable it: so the role the portal works
as in production owns nothing, and holds no right to change append-only rows.
"""

from django.apps import apps
from django.db.transaction import atomic
from psycopg import sql

MAINTAIN_SINCE = 170_000  # the version of PostgreSQL; before, only the owner takes statistics
OWN_TRIGGERS = (
    "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgname LIKE 'pgtrigger\\_%'"
)
PROTECTED_TABLES = """
    SELECT DISTINCT c.oid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE t.tgname LIKE 'pgtrigger\\_append\\_only\\_%' ORDER BY 1
"""


# django-pgtrigger skips a trigger that a session has named in a setting. Anybody may set one;
# only the role that owns the tables is obeyed. Nothing in it may fail and be caught: each call would
# end a subtransaction, which looks through all foreign keys that wait to be checked, and a bulk
# write would be quadratic.
IGNORED_BY_THE_OWNER = """
    CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name NAME)
    RETURNS BOOLEAN LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT pg_has_role(current_user, (
            SELECT relowner FROM pg_class WHERE oid = 'public.django_migrations'::regclass
        ), 'MEMBER') THEN
            RETURN FALSE;
        END IF;
        RETURN coalesce(
            trigger_name = ANY(nullif(current_setting('pgtrigger.ignore', true), '')::TEXT[]), FALSE
        );
    END;
    $$
"""


def enable_always(connection) -> int:
    """Enable every trigger of ours ALWAYS, ignorable by the owner alone; how many were not."""
    with connection.cursor() as cursor:
        cursor.execute(IGNORED_BY_THE_OWNER)
        cursor.execute(f"{OWN_TRIGGERS} AND tgenabled <> 'A'")
        found = cursor.fetchall()
        for table, name in found:
            cursor.execute(
                sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER {}").format(
                    sql.SQL(table), sql.Identifier(name)
                )
            )
    return len(found)


def append_only_tables(connection) -> list:
    """The append-only tables (as SQL writes them)."""
    with connection.cursor() as cursor:
        cursor.execute(PROTECTED_TABLES)
        return [table for (table,) in cursor.fetchall()]


def changeable_columns() -> dict:
    """{table: [columns]} that may be updated in tables that otherwise only append."""
    found = {}
    for model in apps.get_models():
        if columns := getattr(model, "changes_later", None):
            fields = [f for f in model._meta.concrete_fields if f.name in columns]
            found[model._meta.db_table] = [field.column for field in fields]
    return found


def grant_role(connection, role: str) -> list:
    """Grant a role the rights the portal needs in this database, and no more; the append-only
    tables.

    Everywhere SELECT, INSERT, UPDATE, DELETE; of the append-only tables SELECT and INSERT, and
    UPDATE of the few columns that change later (``changeable_columns``). Never TRUNCATE, never a
    right on what migrations own. Run by the owner, after each migration.
    """
    protected, to = append_only_tables(connection), sql.Identifier(role)
    changeable = changeable_columns()
    statements = [
        "GRANT USAGE ON SCHEMA public TO {}",
        "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}",
    ]
    if connection.pg_version >= MAINTAIN_SINCE:  # the planner's statistics, after an import
        statements.append("GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO {}")
    with atomic(using=connection.alias), connection.cursor() as cursor:  # who serves goes on
        for statement in statements:
            cursor.execute(sql.SQL(statement).format(to))
        for table in protected:
            on = sql.SQL(table)
            cursor.execute(sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(on, to))
            if columns := changeable.get(table):
                named = sql.SQL(", ").join(map(sql.Identifier, columns))
                cursor.execute(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(named, on, to))
    return protected
