"""Append-only rows cannot be changed by a replica role, by a setting, or by the portal's own role."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.utils import InternalError, NotSupportedError, ProgrammingError

from apps.audit.event_codes import ACTION_NUMBERS, AUDIENCE_NUMBERS, ROLE_NUMBERS
from apps.audit.models import Action, AuditEvent
from apps.audit.services.audit_events import record
from apps.consent.models import Purpose
from apps.core.triggers import append_only_tables, enable_always
from kaga_portal.embedded_roles import APP_ROLE
from tests import factories, without_triggers
from tests.database_roles import as_owner

REFUSALS = (InternalError, NotSupportedError, ProgrammingError)
ROLE = "portal_of_the_tests"


def execute(*statements):
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def event(db):
    return record(Action.SIGNED_IN)


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit_auditevent",
        "UPDATE audit_auditevent SET detail = ''",
        "TRUNCATE audit_auditevent",
    ],
)
def test_calling_itself_a_replica_passes_no_trigger_by(event, change):
    with pytest.raises(REFUSALS), as_owner():
        execute("SET LOCAL session_replication_role = replica", change)
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_a_trigger_made_anew_is_enabled_always_by_migrate(db):
    with as_owner():
        execute("ALTER TABLE audit_auditevent ENABLE TRIGGER ALL")
        assert enable_always(connection) == 2
        assert enable_always(connection) == 0


@pytest.fixture
def role(db):
    """A second role with the rights of the command; in a transaction that is rolled back."""
    with as_owner():
        execute(f"CREATE ROLE {ROLE} NOLOGIN")
        call_command("grant_app_role", ROLE)
        execute(f"GRANT {ROLE} TO {APP_ROLE}")
    return ROLE


def as_role(role, *statements):
    execute(f"SET LOCAL ROLE {role}", *statements)


def test_the_role_may_append_everywhere_and_change_what_changes(role, event):
    as_role(
        role,
        "INSERT INTO audit_auditevent (at, actor_role, action, thing, thing_id, purpose, "  # noqa: S608
        "reason_code, is_emergency, detail, audience) "
        f"VALUES (now(), {ROLE_NUMBERS['system']}, {ACTION_NUMBERS['signin.done']}, '', '', 0, '', "
        f"false, '', {AUDIENCE_NUMBERS['open']})",
        "UPDATE people_municipality SET name = name",
        "SELECT 1 FROM consent_consentdecision",
    )
    assert AuditEvent.objects.count() == 2


def test_the_role_may_not_change_delete_or_empty_any_table_that_appends(role):
    tables = append_only_tables(connection)
    assert len(tables) >= 15
    for table in tables:
        column = first_column(table)
        for change in (
            f"UPDATE {table} SET {column} = {column}",  # noqa: S608
            f"DELETE FROM {table}",  # noqa: S608
            f"TRUNCATE {table}",
        ):
            with pytest.raises(ProgrammingError, match="permission denied"):
                as_role(role, change)


def test_the_role_passes_no_trigger_by_with_a_setting(role, event):
    with as_owner():
        execute(f"GRANT DELETE ON audit_auditevent TO {role}")  # even where a right was left
    with pytest.raises(REFUSALS):
        as_role(role, *without_triggers.OFF[1:], "DELETE FROM audit_auditevent")
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_the_role_may_neither_disable_a_trigger_nor_drop_a_table(role):
    for change in (
        "ALTER TABLE audit_auditevent DISABLE TRIGGER ALL",
        "DROP TABLE audit_auditevent",
        "CREATE TABLE mine (n int)",
        "DELETE FROM django_migrations",
    ):
        with pytest.raises(ProgrammingError):
            as_role(role, change)


def test_a_family_decides_and_withdraws_and_checkpoints_are_made_as_that_role(role, cast):
    from apps.consent.services import scheduled_work  # noqa: PLC0415
    from apps.ledger.services import checkpoints  # noqa: PLC0415
    from apps.ledger.tasks import chain_audit_events  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {role}")
    factories.make_effective(cast.sakura, Purpose.ATTENDANCE)
    assert chain_audit_events() > 0
    assert checkpoints.make_checkpoint().copied_at is None
    scheduled_work.reconcile_all()
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {APP_ROLE}")


def test_a_role_that_is_not_there_is_named(db):
    with pytest.raises(CommandError, match="nobody_at_all"):
        call_command("grant_app_role", "nobody_at_all")


def first_column(table):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [table]
        )
        return cursor.fetchone()[0]
