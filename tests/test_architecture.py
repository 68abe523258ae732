"""Rules of the architecture, checked over every module."""

import ast
import re
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.management import call_command
from django.db import connection, models
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(settings.BASE_DIR)
OURS = [
    path for folder in ("apps", "kaga_portal") for path in sorted((ROOT / folder).rglob("*.py"))
]
CODE = [path for path in OURS if "migrations" not in path.parts]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OUR_LABELS = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

# Every URL that needs no sign-in, besides allauth's.
PUBLIC = {
    "consent:check_receipt",
    "consent:check_proof",
    "consent:keys",
    "consent:documents",
    "healthz",
    "selfinfo:callback",
    "selfinfo:notify",
    "readyz",
    "portal:home",
    "portal:manifest",
    "portal:sw",
    "portal:offline",
    "portal:not_sent",
    "portal:deliver",
    "portal:favicon",
    "portal:language",
    "signin:card",
    "signin:card_entry",
    "signin:leave",
    "signin:leave_proved",
    "signin:pin",
    "registration:letter",
    "registration:letter_entry",
    "registration:letter_welcome",
    "signin:session_left",
    "staffing:enter_number",
    "staffing:join",
    "checkins:deliver",
    "push:ack",
    "push:leave",
    "push:renew",
    "notices:places",
    "notices:place",
    "notices:poster",
    "notices:sheet",
    "admin:login",
    "admin:jsi18n",
}
APPEND_ONLY = sorted(
    model._meta.label
    for model in apps.get_models()
    if "append_only" in {trigger.name for trigger in getattr(model._meta, "triggers", [])}
)


def trees():
    return [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in CODE]


def _names_ours(node):
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in {"apps", "kaga_portal"}
    return isinstance(node, ast.Import) and any(
        alias.name.split(".")[0] in {"apps", "kaga_portal"} for alias in node.names
    )


def test_nothing_of_ours_is_imported_inside_a_function():
    # The worker must set up Django before it imports our code.
    entrances = {ROOT / "kaga_portal" / "celery.py"}
    hidden = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in trees()
        if path not in entrances
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if _names_ours(node)
    ]
    assert hidden == []


def test_entry_points_are_imported_by_nobody():
    """views, admin and tasks are entrances: only urls may name views, nothing names the others."""
    guilty = []
    for path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                last = node.module.split(".")[-1]
                names = (
                    {last, *(alias.name for alias in node.names)}
                    if node.module.startswith("apps")
                    else set()
                )
                doors = names & {"admin", "tasks"} or (
                    names & {"views"} if path.name not in {"urls.py", "admin.py"} else set()
                )
                if doors:
                    guilty.append(f"{path.relative_to(ROOT)}:{node.lineno} {sorted(doors)}")
    assert guilty == []


def test_models_never_import_services():
    guilty = [
        str(path.relative_to(ROOT))
        for path, tree in trees()
        if path.name == "models.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (
            (node.module or "").endswith("services")
            or any(a.name == "services" for a in node.names)
        )
    ]
    assert guilty == []


def test_no_package_offers_a_name_that_is_one_of_its_modules():
    """Whoever imports it would get one or the other, by the order in which others were loaded."""
    guilty = [
        f"{path.relative_to(ROOT)}: {name.asname or name.name}"
        for path, tree in trees()
        if path.name == "__init__.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
        if {path.with_name(f"{name.asname or name.name}{end}") for end in ("", ".py")}
        & set(path.parent.iterdir())
        and node.module != ".".join(path.relative_to(ROOT).parent.parts)
    ]
    assert guilty == []


def test_no_business_is_done_in_django_signals():
    words = re.compile(
        r"models\.signals|models import signals|@receiver|_(save|delete|changed)\.connect"
    )
    guilty = [str(p.relative_to(ROOT)) for p in CODE if words.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


def test_every_app_says_what_it_is_in_one_sentence():
    for config in apps.get_app_configs():
        if config.name.startswith("apps."):
            doc = (config.module.__doc__ or "").strip()
            assert doc.endswith("."), config.name
            assert "\n" not in doc, config.name


def test_no_file_has_outgrown_its_name():
    long = [
        f"{p.relative_to(ROOT)}: {n}"
        for p in CODE
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == []


# -- URLs -----------------------------------------------------------------------------------------


def views(resolver=None, namespace=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from views(entry, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", entry.callback


def test_the_public_addresses_are_exactly_this_list():
    found = {
        name
        for name, view in views()
        if not getattr(view, "login_required", True) and not name.startswith(("account_", "mfa_"))
    }
    assert found <= PUBLIC, found - PUBLIC
    assert {"portal:home", "signin:card_entry", "notices:places", "healthz"} <= found


def test_what_knows_no_session_is_open_to_everybody(client, db):
    """A late answer to the cookie of before must not delete the one a student just received."""
    for path in settings.SESSIONLESS_PATHS:
        assert not getattr(get_resolver().resolve(path).func, "login_required", True), path
        client.cookies["sessionid"] = "of-before" * 4
        answer = client.get(path)
        assert "sessionid" not in answer.cookies, path
        assert "default-src 'none'" in answer["Content-Security-Policy"], path


# -- database constraints and triggers ------------------------------------------------------------


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


def test_append_only_tables_refuse_update_delete_and_truncate(db):
    assert {"audit.AuditEvent", "consent.ConsentDecision", "signin.PinEvent"} <= set(APPEND_ONLY)
    triggers = triggers_by_table()
    for label in APPEND_ONLY:
        names = " ".join(triggers[apps.get_model(label)._meta.db_table])
        assert "append_only" in names, label
        assert "no_truncate" in names, label


def test_a_table_that_keeps_or_notes_what_is_deleted_refuses_truncate_too(db):
    keeping = triggers_by_table(  # BEFORE DELETE, or a note after it
        "(t.tgtype & 8) <> 0 AND ((t.tgtype & 2) <> 0 OR t.tgname LIKE '%leaves\\_its\\_end%')"
    )
    refusing = triggers_by_table("(t.tgtype & 2) <> 0 AND (t.tgtype & 32) <> 0")  # BEFORE TRUNCATE
    noting = {"vault_subjectkey", "vault_replacedkey"}
    assert {"audit_securityevent", "audit_auditevent"} | noting <= set(keeping)
    assert set(keeping) - set(refusing) == set()


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


# -- templates ------------------------------------------------------------------------------------

INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")[^>]*>|<style\b|\sstyle=|\son[a-z]+=|hx-on|javascript:",
    re.IGNORECASE,
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_no_script_or_style_stands_inside_a_page(path):
    found = INLINE.findall(path.read_text(encoding="utf-8"))
    assert found == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_every_form_that_posts_carries_its_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form\b.*?</form>", text, re.DOTALL | re.IGNORECASE):
        if re.search(r'method="post"', form, re.IGNORECASE):
            assert "csrf_token" in form


def test_no_page_names_a_foreign_origin():
    foreign = re.compile(r"(?:src|href)=\"(?:https?:)?//", re.IGNORECASE)
    guilty = [str(p) for p in TEMPLATES if foreign.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


def test_every_number_of_a_decision_is_given_once_and_none_is_left_out():
    numbers = [int(page.name[:4]) for page in sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))]
    assert numbers == list(range(1, len(numbers) + 1)), "take the next free number in docs/adr"
