"""Constraints, triggers and admin permissions that protect the tables."""

import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.postgres.fields import ArrayField
from django.core.management import call_command
from django.db import connection, models

from tests.code_files import OUR_LABELS

APPEND_ONLY = sorted(
    model._meta.label
    for model in apps.get_models()
    if "append_only" in {trigger.name for trigger in getattr(model._meta, "triggers", [])}
)


def our_models():
    return [model for model in apps.get_models() if model._meta.app_label in OUR_LABELS]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_choices_field_has_its_constraint(model):
    guarded = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        for name in re.findall(r"'(\w+)__in'", str(constraint.condition))
    }
    fields = {f.name for f in model._meta.local_concrete_fields if f.choices}
    assert fields <= guarded, fields - guarded


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_array_of_choices_has_its_constraint(model):
    guarded = {
        name
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        for name in re.findall(r"'(\w+)__contained_by'", str(constraint.condition))
    }
    fields = {
        field.name
        for field in model._meta.local_concrete_fields
        if isinstance(field, ArrayField) and field.base_field.choices
    }
    assert fields <= guarded, fields - guarded


def test_append_only_tables_refuse_update_delete_and_truncate(db):
    assert {"audit.AuditEvent", "consent.ConsentDecision", "signin.PinEvent"} <= set(APPEND_ONLY)
    triggers = triggers_by_table()
    for label in APPEND_ONLY:
        names = " ".join(triggers[apps.get_model(label)._meta.db_table])
        assert "append_only" in names, label
        assert "no_truncate" in names, label


def test_a_table_that_keeps_or_notes_what_is_deleted_refuses_truncate_too(db):
    preventing = triggers_by_table(  # BEFORE DELETE, or a note after it
        "(t.tgtype & 8) <> 0 AND ((t.tgtype & 2) <> 0 OR t.tgname LIKE '%leaves\\_its\\_end%')"
    )
    refusing = triggers_by_table("(t.tgtype & 2) <> 0 AND (t.tgtype & 32) <> 0")  # BEFORE TRUNCATE
    noting = {"vault_subjectkey", "vault_replacedkey"}
    assert {"audit_securityevent", "audit_auditevent"} | noting <= set(preventing)
    assert set(preventing) - set(refusing) == set()


def triggers_by_table(where="true"):
    """{table: [names of the triggers of ours on it]}."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(t.tgname) FROM pg_trigger t "  # noqa: S608
            "JOIN pg_class c ON c.oid = t.tgrelid "
            f"WHERE t.tgname LIKE 'pgtrigger%' AND {where} GROUP BY 1"
        )
        return dict(cursor.fetchall())


def test_every_trigger_of_ours_fires_for_replicas_too(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled <> 'A'"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("label", APPEND_ONLY)
def test_append_only_admins_refuse_change_and_delete(label, cast, rf):
    model_admin = admin.site._registry.get(apps.get_model(label))
    if model_admin is None:
        return  # without an admin nothing can be changed
    for staff in (cast.officer, cast.principal, cast.nurse):
        request = rf.get("/")
        request.user = staff.user
        assert not model_admin.has_add_permission(request)
        assert not model_admin.has_change_permission(request)
        assert not model_admin.has_delete_permission(request)


def test_people_are_never_deleted_from_the_admin(cast, rf):
    for model, model_admin in admin.site._registry.items():
        if model._meta.label == "people.SchoolBreak":
            continue  # a calendar, not a person
        if model._meta.app_label in {"people", "vault", "consent", "audit", "cases", "linkage"}:
            request = rf.get("/")
            request.user = cast.officer.user
            assert not model_admin.has_delete_permission(request), model._meta.label


def test_the_migrations_say_what_the_models_say(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
